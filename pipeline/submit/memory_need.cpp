// SPDX-License-Identifier: Apache-2.0
// Adds up what each process of a node will hold.
#include "pipeline/submit/memory_need.h"

#include "data/core/error.h"
#include "pipeline/collect/library_in_memory.h"
#include "pipeline/config/budget.h"
#include "pipeline/plan/plan_of_inputs.h"
#include "workers/device/make_ops.h"
#include "workers/engine/capacity.h"
#include "workers/engine/engine_plan.h"
#include "workers/families/make_language_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
// A process with MPI, HDF5 and oneDNN (some 60 MB were seen); a GPU's driver and libraries need more of the host.
constexpr std::size_t of_process = 200 * mebibyte, of_gpu_process = 1024 * mebibyte;
// A result in rank 0: its record, its weights, its place in the results.
constexpr std::size_t of_evaluation = 4096, of_answer = 4096;

std::size_t of_engine(const EnginePlan& plan, const Ops& ops) {
  const std::unique_ptr<ModelMemory> memory = model_memory(plan.model().config);
  const BatchShape& shape = plan.batches();
  const WorkerCapacity capacity = plan.capacity(ops, std::nullopt);
  const Index rows = prompt_rows_at_once(shape.source_rows, capacity.members);
  return evaluation_bytes(*memory, shape, capacity.members) +
         prediction_bytes(*memory, shape, 0, capacity.predictions, rows) +
         evaluation_scratch(*memory, ops, shape, capacity.members)
             .also(prediction_scratch(*memory, ops, shape, 0, capacity.predictions, rows))
             .bytes();
}

// The base model is read by rank 0, a tensor at a time, as stored and as f32.
std::size_t largest_tensor(const ModelPlan& plan) {
  std::size_t most = 0;
  for (const auto& tensor : stored_tensors(plan)) {
    std::size_t count = 1;
    for (const std::int64_t size : tensor.shape) count *= size;
    most = std::max(most, count);
  }
  return 2 * sizeof(float) * most;
}

}  // namespace

MemoryNeed memory_need(const RunConfig& config, const ReadFoundRows& read_found) {
  std::vector<std::string> problems;
  const SweepInputs inputs = read_inputs(config, problems, LibraryValues::tables, {}, read_found);
  if (!problems.empty()) throw InputError("inputs", problems.front(), "");
  return memory_need(config, inputs, plan_of(config, inputs));
}

MemoryNeed memory_need(const RunConfig& config, const SweepInputs& inputs, const Plan& plan) {
  const std::unique_ptr<Ops> ops = make_ops({.activation = config.model.dtype});
  const EnginePlan engine({.model = inputs.base->plan().config,
                           .activation = config.model.dtype,
                           .adapters = shapes_of(inputs.library, plan.twins),
                           .composition = config.search.composition,
                           .places = inputs.places,
                           .most_adapters = most_adapters(plan),
                           .catalogue = std::make_shared<Catalogue>(plan.catalogue),
                           .max_new_tokens = config.predict.max_new_tokens},
                          *ops);
  std::size_t answers = 0;
  for (const PlannedSearch& search : plan.searches) answers += plan.tasks[search.task].test.size();
  for (const PlannedBaseline& baseline : plan.baselines) answers += examples_of(plan, baseline).size();
  for (const PlannedControl& control : plan.controls)
    answers += plan.tasks[plan.searches[control.search].task].test.size();
  const std::size_t evaluations =
      plan.searches.size() * search_budget(config, inputs.library.size()) + plan.trials.size();
  return {.images = engine.model_image().bytes() + engine.library().bytes(),
          .worker = (config.slurm.gpus_per_node > 0 ? of_gpu_process : of_process) + of_engine(engine, *ops),
          .scheduler = of_process + engine.library().bytes() + largest_tensor(inputs.base->plan()) +
                       evaluations * of_evaluation + answers * of_answer};
}

std::string memory_to_ask_for(std::size_t bytes) {
  constexpr std::size_t step = 100;
  const std::size_t mebibytes = (bytes + bytes / 4) / mebibyte + 1;
  return fmt::format("{}M", (mebibytes + step - 1) / step * step);
}

}  // namespace lorasweep
