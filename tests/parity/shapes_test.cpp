// SPDX-License-Identifier: Apache-2.0
// Networks of other shapes, layouts and adapters against Hugging Face transformers and PEFT
// (tests/golden/shapes/make_shapes.py).
#include "data/adapters/adapter.h"
#include "data/formats/open_weights.h"
#include "data/model/checkpoint.h"
#include "workers/device/make_ops.h"
#include "workers/engine/greedy_decoder.h"
#include "workers/t5/t5_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <tuple>

namespace lorasweep {
namespace {

class Shape : public testing::TestWithParam<std::tuple<DeviceKind, std::string>> {
 protected:
  DeviceKind kind = std::get<0>(GetParam());
  std::filesystem::path folder = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "shapes" / std::get<1>(GetParam());
  Checkpoint checkpoint{folder};
  const ModelPlan& plan = checkpoint.plan();
  T5Config config = std::get<T5Config>(plan.config);
  Adapter adapter{folder / "adapter", plan};
  std::unique_ptr<WeightFile> expected = open_weights(folder / "expected.safetensors");
  /// Of f64, where f32 is ill-conditioned.
  std::unique_ptr<WeightFile> truth =
      std::filesystem::exists(folder / "f64.safetensors") ? open_weights(folder / "f64.safetensors") : nullptr;
  std::unique_ptr<Ops> host = make_ops({});
  // SetUp() skips what has no device
  std::unique_ptr<Ops> ops = make_ops({.kind = device_count(kind) > 0 ? kind : DeviceKind::cpu});
  ModelImage layout{plan, *ops};

  void SetUp() override {
    if (device_count(kind) == 0) GTEST_SKIP() << "no CUDA device here";
  }

  std::shared_ptr<const std::byte> image = [this] {
    const auto memory = host->allocate(layout.bytes());
    layout.write(memory.get(), *ops, [this](const std::string& name) { return checkpoint.read(name); });
    return ops->adopt(memory, layout.bytes());
  }();
  T5Weights weights = t5_weights(config, plan, layout.bind(image.get()));
  T5Network network{*ops, config, weights};
  T5Model model{*ops, config, weights};
  AdapterLibrary library = [this] {
    AdapterShape shape;
    for (const AdapterSite& site : adapter.sites()) shape.sites.push_back({site.site, site.rank, site.scaling});
    return AdapterLibrary(SiteGroups(plan), {shape});
  }();
  std::shared_ptr<const std::byte> library_image = [this] {
    const auto memory = host->allocate(library.bytes());
    library.write(memory.get(), {.read_a = [this](int, int i) { return adapter.read_a(adapter.sites()[i]); },
                                 .read_b = [this](int, int i) { return adapter.read_b(adapter.sites()[i]); }});
    return ops->adopt(memory, library.bytes());
  }();

  std::vector<std::int32_t> ids(const std::string& name) const {
    const auto wide = expected->read_integers(name);
    return {wide.begin(), wide.end()};
  }

  void compare(const std::string& what, const ComposedFactors* factors) {
    Workspace memory(*ops);
    int slot = 0;
    const auto upload = [&](const std::vector<std::int32_t>& values) {
      const View view = memory.matrix(slot++, Element::i32, static_cast<std::int64_t>(values.size()), 1);
      ops->upload(view, values.data());
      return view;
    };
    std::vector<std::int32_t> source_ids, decoder_ids;
    std::vector<Index> source_of;
    Sequences sources, targets;
    for (const std::string n : {"0", "1"}) {  // both sequences in one packed batch
      for (const auto id : ids("input." + n)) source_ids.push_back(id);
      for (const auto id : ids("decoder." + n)) decoder_ids.push_back(id);
      sources.offsets.push_back(static_cast<std::int32_t>(source_ids.size()));
      targets.offsets.push_back(static_cast<std::int32_t>(decoder_ids.size()));
      source_of.push_back(std::ssize(source_of));
    }
    const View states = memory.matrix(slot++, Element::f32, sources.rows(), config.d_model);
    network.encode(states, upload(source_ids), sources, {factors, {{0, sources.rows()}}});
    const View decoded =
        network.decode(upload(decoder_ids), targets, {states, &sources, source_of}, {factors, {{0, targets.rows()}}});
    const View logits = memory.matrix(slot++, Element::f32, targets.rows(), config.vocabulary);
    ops->linear(logits, decoded, weights.head, Accumulate::no);
    std::vector<float> got_states(static_cast<std::size_t>(sources.rows()) * config.d_model),
        got_logits(static_cast<std::size_t>(targets.rows()) * config.vocabulary);
    ops->download(got_states.data(), states);
    ops->download(got_logits.data(), logits);
    ops->wait_all();
    for (int s = 0; s < 2; ++s) {
      const std::string name = what + "." + std::to_string(s);
      near(std::span(got_states).subspan(static_cast<std::size_t>(sources.begin(s)) * config.d_model),
           name + ".states");
      near(std::span(got_logits).subspan(static_cast<std::size_t>(targets.begin(s)) * config.vocabulary),
           name + ".logits");
    }

    GreedyDecoder decoder(*ops, model, plan.stop_tokens);
    const std::vector<std::int32_t> first = ids("input.0"), second = ids("input.1");
    const std::vector<const TokenIds*> inputs = {&first, &second};
    const auto answers = decoder.decode(inputs, {factors, {{0, 2}}}, 12);
    for (std::size_t s = 0; s < 2; ++s) {
      std::vector<std::int32_t> answer = ids(what + "." + std::to_string(s) + ".answer");
      answer.erase(answer.begin());  // the start token
      EXPECT_EQ(answers[s], answer) << what << " " << s;
    }
  }

  static double distance(std::span<const float> one, std::span<const float> other) {
    double largest = 0;
    for (std::size_t i = 0; i < other.size(); ++i) {
      const double here = std::abs(static_cast<double>(one[i]) - other[i]);
      if (std::isnan(here)) return here;  // which no bound allows
      largest = std::max(largest, here);
    }
    return largest;
  }

  // Near the reference, or, where the same is known in f64, as near to that as the reference is: within twice its
  // distance, as for losses.
  void near(std::span<const float> got, const std::string& name) const {
    const Tensor wanted = expected->read(name);
    const double largest = distance(wanted.values, std::vector<float>(wanted.values.size()));
    EXPECT_GT(largest, 0);
    const double error = distance(got, wanted.values), bound = (kind == DeviceKind::cpu ? 1e-5 : 1e-4) * largest;
    if (!(error <= bound) && truth &&
        std::ranges::find(truth->tensors(), name, &TensorInfo::name) != truth->tensors().end()) {
      const std::vector<float> exact = truth->read(name).values;
      EXPECT_LE(distance(got, exact), 2 * distance(wanted.values, exact)) << name;
    } else {
      EXPECT_LE(error, bound) << name;
    }
  }
};

TEST_P(Shape, BaseModelGivesTheReferencesStatesLogitsAndAnswers) { compare("base", nullptr); }

TEST_P(Shape, AnAdapterOfEveryLinearMapGivesTheReferencesStatesLogitsAndAnswers) {
  for (const Composition rule : {Composition::lorahub, Composition::exact}) {
    Composer composer(*ops, library, rule, library_image);
    const std::int32_t row = 0;
    const double one = 1;
    const MemberWeights member{{&row, 1}, {&one, 1}};
    compare("adapted", &composer.compose({&member, 1}));
  }
}

INSTANTIATE_TEST_SUITE_P(AllShapes, Shape,
                         testing::Combine(testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                                          testing::Values("v1_0", "wide_heads", "one_head", "silu", "tied_unscaled",
                                                          "mt5")),
                         [](const auto& param) {
                           return (std::get<0>(param.param) == DeviceKind::cpu ? "cpu_" : "cuda_") +
                                  std::get<1>(param.param);
                         });

}  // namespace
}  // namespace lorasweep
