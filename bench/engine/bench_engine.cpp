// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/bench_engine.h"

#include "bench/engine/lengths.h"
#include "bench/engine/repetitions.h"
#include "bench/engine/work_count.h"

#include <bit>

namespace lorasweep::bench {
namespace {

constexpr std::int32_t fixed_set = 27;
constexpr std::int32_t max_new_tokens = 256;  // as the reference allows

}  // namespace

Catalogue bench_catalogue(const RandomModel& model) {
  Catalogue catalogue;
  const auto token = [&](int a, int b) { return 3 + (a * 977 + b * 131) % (model.config.vocabulary - 128); };
  const auto add_set = [&](auto source, auto target) {
    std::vector<std::int32_t>& set = catalogue.example_sets.emplace_back();
    for (std::size_t q = 0; q < shots; ++q) {
      const int number = static_cast<int>(catalogue.examples.size());
      set.push_back(number);
      Example& example = catalogue.examples.emplace_back();
      for (int t = 0; t < source(q); ++t) example.source.push_back(token(number, t));
      for (int t = 0; t < target(q); ++t) example.target.push_back(token(number + 7, t));
    }
  };
  for (const TaskLengths& task : bbh_lengths())
    add_set([&](std::size_t q) { return task.source[q]; }, [&](std::size_t q) { return task.target[q]; });
  add_set([](std::size_t) { return fixed_source; }, [](std::size_t) { return fixed_target; });
  return catalogue;
}

std::vector<std::int32_t> bench_adapters(int seed) {
  std::vector<std::int32_t> adapters;
  for (int a = 0; a < adapters_of_a_search; ++a) adapters.push_back((a + seed) % adapters_of_a_search);
  return adapters;
}

std::vector<double> bench_weights(int round) {
  std::vector<double> weights;
  for (int i = 0; i < adapters_of_a_search; ++i) weights.push_back(0.01 * ((i * 7 + round) % 13) - 0.05);
  return weights;
}

std::vector<Member> bench_members(Lengths lengths, int members, int seed, int round) {
  std::vector<Member> all;
  for (const int task : spread_tasks(members))
    all.push_back({bench_adapters(seed), lengths == Lengths::fixed ? fixed_set : task,
                   bench_weights(round + static_cast<int>(all.size()))});
  return all;
}

PredictWork bench_prediction(int examples, std::int32_t tokens) {
  PredictMember member{bench_adapters(0), bench_weights(3), {}};
  const std::vector<int> tasks = spread_tasks(examples);
  for (int i = 0; i < examples; ++i) member.examples.push_back(tasks[static_cast<std::size_t>(i)] * shots + i % shots);
  return {{std::move(member)}, tokens};
}

Amount amount_of(const RandomModel& model, const Catalogue& catalogue, const std::vector<Member>& members) {
  Amount amount;
  for (const Member& member : members)
    for (const std::int32_t index : catalogue.example_sets[member.example_set]) {
      const Example& example = catalogue.examples[index];
      amount.source_tokens += static_cast<double>(example.source.size());
      amount.flop += example_flop(model.config, static_cast<double>(example.source.size()),
                                  static_cast<double>(example.target.size()));
    }
  return amount;
}

Amount amount_of(const RandomModel& model, const Catalogue& catalogue, const std::vector<std::int32_t>& examples,
                 double answer_tokens) {
  Amount amount;
  for (const std::int32_t index : examples) {
    const auto source = static_cast<double>(catalogue.examples[index].source.size());
    amount.source_tokens += source;
    amount.flop += example_flop(model.config, source, answer_tokens);
  }
  return amount;
}

std::shared_ptr<const EnginePlan> bench_plan(const RandomModel& model, const Catalogue& catalogue, Element activation,
                                             const Packing& packing, Composition composition) {
  return std::make_shared<const EnginePlan>(EngineSettings{.model = model.config,
                                                           .activation = activation,
                                                           .adapters = model.adapters,
                                                           .composition = composition,
                                                           .most_adapters = adapters_of_a_search,
                                                           .catalogue = std::make_shared<const Catalogue>(catalogue),
                                                           .max_new_tokens = max_new_tokens},
                                            packing);
}

WorkerCapacity bench_capacity(const EnginePlan& plan, const Ops& ops) {
  std::optional<std::size_t> free = ops.free_memory();
  if (free) {
    const std::size_t images = plan.model_image().bytes() + plan.library().bytes();
    *free = *free > images ? *free - images : 0;
  }
  return plan.capacity(ops, free);
}

std::unique_ptr<LanguageEngine> bench_engine(const RandomModel& model, std::shared_ptr<const EnginePlan> plan,
                                             std::unique_ptr<Ops> ops, WorkerCapacity capacity) {
  return std::make_unique<LanguageEngine>(std::move(ops), std::move(plan),
                                          EngineImages{.model = model.network, .library = model.library}, capacity);
}

LargeProduct::LargeProduct(const DeviceOptions& device)
    : ops_(make_ops(device)), extent_(device.kind == DeviceKind::cuda ? 8192 : 2048) {
  const auto elements = static_cast<std::size_t>(extent_) * static_cast<std::size_t>(extent_);
  const std::vector<float> values = random_values(elements, 1, 1);  // a GPU draws less power, and runs faster, on zeros
  const auto packed = host_memory(ops_->packed_bytes(extent_, extent_));
  ops_->pack(packed.get(), values.data(), extent_, extent_);
  weights_ = ops_->adopt(packed, ops_->packed_bytes(extent_, extent_));
  const Element element = ops_->activation();
  x_ = ops_->allocate(elements * static_cast<std::size_t>(bytes_of(element)));
  y_ = ops_->allocate(elements * sizeof(float));
  const View x{x_.get(), element, extent_, extent_, extent_};
  if (element == Element::f32) {
    ops_->upload(x, values.data());
  } else {
    std::vector<std::uint16_t> narrow;
    for (const float value : values)
      narrow.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
    ops_->upload(x, narrow.data());
    ops_->wait_all();
  }
}

double LargeProduct::flop() const { return 2.0 * extent_ * extent_ * extent_; }

double LargeProduct::seconds() {
  const View x{x_.get(), ops_->activation(), extent_, extent_, extent_},
      y{y_.get(), Element::f32, extent_, extent_, extent_};
  ops_->wait_all();
  return seconds_of([&] {
    ops_->linear(y, x, {weights_.get(), extent_, extent_}, Accumulate::no);
    ops_->wait_all();
  });
}

}  // namespace lorasweep::bench
