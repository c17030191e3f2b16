// SPDX-License-Identifier: Apache-2.0
// Makes the setup, and from it the images and engines of workers.
#include "pipeline/run/worker_setup.h"

#include "pipeline/collect/library_in_memory.h"
#include "pipeline/plan/answer_ends.h"
#include "workers/device/make_ops.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lorasweep {
WorkerSetup worker_setup(const Sweep& sweep) {
  const RunConfig& config = sweep.config();
  return {.base = sweep.inputs().base->plan().config,
          .activation = config.model.dtype,
          .composition = config.search.composition,
          .threads = std::max(config.run.threads, 1),
          .adapters = shapes_of(sweep.inputs().library, sweep.plan().twins),
          .most_adapters = most_adapters(sweep.plan()),
          .places = sweep.inputs().places,
          .catalogue = sweep.plan().catalogue,
          .max_new_tokens = config.predict.max_new_tokens,
          .ends = answer_ends(*sweep.inputs().tokenizer, config.predict.stop),
          .device = sweep.device(),
          .broadcast = {}};
}

namespace {

std::unique_ptr<Packing> packing_of(const WorkerSetup& setup) {
  return make_packing({.activation = setup.activation, .kind = setup.device.kind});
}

}  // namespace

std::shared_ptr<const EnginePlan> engine_plan(const WorkerSetup& setup) {
  return std::make_shared<const EnginePlan>(EngineSettings{.model = setup.base,
                                                           .activation = setup.activation,
                                                           .adapters = setup.adapters,
                                                           .composition = setup.composition,
                                                           .places = setup.places,
                                                           .most_adapters = setup.most_adapters,
                                                           .catalogue = std::make_shared<Catalogue>(setup.catalogue),
                                                           .max_new_tokens = setup.max_new_tokens,
                                                           .ends = setup.ends},
                                            *packing_of(setup));
}

ImageSizes image_sizes(const EnginePlan& plan) { return {plan.model_image().bytes(), plan.library().bytes()}; }

void write_images(const WorkerSetup& setup, const EnginePlan& plan, Sweep& sweep, std::byte* model,
                  std::byte* library) {
  SweepInputs& inputs = sweep.inputs();
  write_library(plan.library(), inputs.library, sweep.plan().twins, library);
  plan.model_image().write(model, *packing_of(setup),
                           [&](const std::string& name) { return base_values(inputs, name, setup.activation); });
  require_unchanged_base(inputs);
  inputs.base.reset();
}

std::unique_ptr<Ops> make_worker_ops(const WorkerSetup& setup, int worker) {
  return make_ops({.activation = setup.activation,
                   .threads = setup.threads,
                   .kind = setup.device.kind,
                   .index = setup.device.kind == DeviceKind::cuda ? device_index(worker) : 0});
}

std::unique_ptr<Engine> make_engine(const WorkerSetup& setup, std::shared_ptr<const EnginePlan> plan,
                                    std::unique_ptr<Ops> ops, EngineImages images) {
  // Each of the workers that share the device takes a part of its free memory, of which images that are still to be
  // copied to it take a part.
  std::optional<std::size_t> free = ops->free_memory();
  if (free) *free /= setup.device.sharers;
  const ImageSizes sizes = image_sizes(*plan);
  if (free && images.place == ImagePlace::host) *free -= std::min(*free, sizes.model + sizes.library);
  const WorkerCapacity capacity = plan->capacity(*ops, free);
  return std::make_unique<LanguageEngine>(std::move(ops), std::move(plan), std::move(images), capacity);
}

}  // namespace lorasweep
