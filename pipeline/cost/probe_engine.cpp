// SPDX-License-Identifier: Apache-2.0
// Reads what an engine needs, and times it.
#include "pipeline/cost/probe_engine.h"

#include "pipeline/collect/library_in_memory.h"
#include "pipeline/cost/stopwatch.h"
#include "pipeline/plan/answer_ends.h"
#include "workers/device/make_ops.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

// A manifest has the digest of the base model's bytes, which the engine does not need.
constexpr double a_digested_byte = 0.8e-9;

std::vector<Adapter> adapters_of_first_search(const SweepInputs& inputs, const Plan& plan) {
  std::vector<std::int32_t> rows(std::min<std::size_t>(inputs.library.size(), most_adapters(plan)));
  std::iota(rows.begin(), rows.end(), 0);
  if (!plan.adapter_sets.empty()) rows = plan.adapter_sets.front();
  std::vector<Adapter> adapters;
  for (const std::int32_t row : rows) adapters.emplace_back(inputs.library.at(row).directory(), inputs.base->plan());
  return adapters;
}

std::uint64_t values_of(const AdapterLibrary& library) {
  std::uint64_t values = 0;
  for (Index a = 0; a < library.size(); ++a) values += library.layout(static_cast<int>(a)).size;
  return values;
}

}  // namespace

ProbeEngine::ProbeEngine(const RunConfig& config, const SweepInputs& inputs, const Plan& plan)
    : threads_(std::max(config.run.threads, 1)), sets_(static_cast<std::int32_t>(plan.catalogue.example_sets.size())) {
  const Stopwatch reading;
  std::vector<Adapter> adapters = adapters_of_first_search(inputs, plan);
  for (Adapter& adapter : adapters) {
    adapter.load();
    adapter.content();
  }
  shapes_ = shapes_of(adapters);
  auto ops = make_ops({.activation = config.model.dtype, .threads = threads_});
  const auto engine_plan = plan_of(config, inputs, plan, *ops);
  const auto library = ops->allocate(engine_plan->library().bytes());
  write_library(engine_plan->library(), adapters, {}, library.get());
  if (const std::uint64_t values = values_of(engine_plan->library()))
    start_.adapter = reading.cpu() / (sizeof(float) * static_cast<double>(values));

  const Stopwatch packing;
  const auto model = ops->allocate(engine_plan->model_image().bytes());
  engine_plan->model_image().write(
      model.get(), *ops, [&](const std::string& name) { return base_values(inputs, name, config.model.dtype); });
  std::uint64_t bytes = 0;
  for (const auto& file : inputs.base->files()) bytes += std::filesystem::file_size(file);
  start_.base = packing.cpu() / static_cast<double>(bytes) + a_digested_byte;
  const WorkerCapacity capacity = engine_plan->capacity(*ops, ops->free_memory());
  engine_ = std::make_unique<LanguageEngine>(std::move(ops), engine_plan, EngineImages{model, library}, capacity);
}

std::shared_ptr<const EnginePlan> ProbeEngine::plan_of(const RunConfig& config, const SweepInputs& inputs,
                                                       const Plan& plan, const Packing& packing) {
  Catalogue catalogue = plan.catalogue;
  for (std::int32_t set = 0; set < sets_; ++set) {
    const std::vector<std::int32_t>& shots = plan.catalogue.example_sets[set];
    catalogue.example_sets.push_back({shots[shots.size() / 2]});
  }
  return std::make_shared<const EnginePlan>(
      EngineSettings{.model = inputs.base->plan().config,
                     .activation = config.model.dtype,
                     .adapters = shapes_,
                     .composition = config.search.composition,
                     .places = inputs.places,
                     .most_adapters = static_cast<std::int32_t>(shapes_.size()),
                     .catalogue = std::make_shared<const Catalogue>(std::move(catalogue)),
                     .max_new_tokens = config.predict.max_new_tokens,
                     .ends = answer_ends(*inputs.tokenizer, config.predict.stop)},
      packing);
}

std::vector<std::int32_t> ProbeEngine::rows() const {
  std::vector<std::int32_t> all(shapes_.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<double> ProbeEngine::weights() const {
  return std::vector<double>(shapes_.size(), 1.0 / static_cast<double>(std::max<std::size_t>(shapes_.size(), 1)));
}

double ProbeEngine::losses(std::int32_t example_set) {
  return seconds_of(EvaluateWork{{{rows(), example_set, weights()}}});
}
double ProbeEngine::loss_of_one(std::int32_t example_set) {
  return seconds_of(EvaluateWork{{{rows(), sets_ + example_set, weights()}}});
}

double ProbeEngine::answers(const std::vector<std::int32_t>& examples, bool composed, int max_new_tokens,
                            std::vector<TokenIds>& made) {
  PredictMember member{.adapters = {}, .weights = {}, .examples = examples};
  if (composed) {
    member.adapters = rows();
    member.weights = weights();
  }
  return seconds_of(PredictWork{.members = {std::move(member)}, .max_new_tokens = max_new_tokens}, &made);
}

double ProbeEngine::seconds_of(const Work& work, std::vector<TokenIds>* made) {
  const Stopwatch watch;
  Outcome outcome = engine_->start(work)->finish();
  const double wall = watch.wall(), cpu = watch.cpu();
  wall_ += wall;
  cpu_ += cpu;
  if (made != nullptr) *made = std::move(std::get<PredictResult>(outcome).tokens.at(0));
  return threads_ == 1 ? cpu : wall;
}

}  // namespace lorasweep
