// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/worker_setup.h"

#include "workers/device/make_ops.h"
#include "workers/engine/capacity.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lorasweep {
WorkerSetup worker_setup(const Sweep& sweep) {
  const RunConfig& config = sweep.config();
  WorkerSetup setup{
      .base = sweep.inputs().base->config(),
      .activation = config.model.dtype == ModelDtype::bf16 ? Element::bf16 : Element::f32,
      .composition = config.search.composition == CompositionRule::exact ? Composition::exact : Composition::lorahub,
      .threads = std::max(config.run.threads, 1),
      .adapters = {},
      .catalogue = sweep.plan().catalogue,
      .max_new_tokens = config.predict.max_new_tokens,
      .device = sweep.device(),
      .broadcast = {}};
  for (const Adapter& adapter : sweep.inputs().library) {
    AdapterShape& shape = setup.adapters.emplace_back();
    for (const AdapterSite& site : adapter.sites()) shape.sites.push_back({site.site, site.rank, site.scaling});
  }
  return setup;
}

namespace {

std::unique_ptr<Packing> packing_of(const WorkerSetup& setup) {
  return make_packing({.activation = setup.activation, .kind = setup.device.kind});
}

}  // namespace

ImageSizes image_sizes(const WorkerSetup& setup) {
  return {model_image_bytes(setup.base, *packing_of(setup)), library_image_bytes(setup.base, setup.adapters)};
}

void write_images(const WorkerSetup& setup, const SweepInputs& inputs, std::byte* model, std::byte* library) {
  write_model_image(model, setup.base, *packing_of(setup),
                    [&](const std::string& name) { return inputs.base->read(name); });
  const auto site = [&](int adapter, int i) -> const AdapterSite& { return inputs.library[adapter].sites()[i]; };
  AdapterLibrary(SiteGroups(setup.base), setup.adapters)
      .write(library, {.read_a = [&](int a, int i) { return inputs.library[a].read_a(site(a, i)); },
                       .read_b = [&](int a, int i) { return inputs.library[a].read_b(site(a, i)); }});
}

std::unique_ptr<Ops> make_worker_ops(const WorkerSetup& setup, int worker) {
  return make_ops({.activation = setup.activation,
                   .threads = setup.threads,
                   .kind = setup.device.kind,
                   .index = setup.device.kind == DeviceKind::cuda ? device_index(worker) : 0});
}

std::unique_ptr<Engine> make_engine(const WorkerSetup& setup, std::unique_ptr<Ops> ops, Images images,
                                    std::shared_ptr<const Catalogue> catalogue) {
  // Those who share the device each take a part of what is free, and images that are still to be copied to it a part
  // of that.
  std::optional<std::size_t> free = ops->free_memory();
  if (free) *free /= static_cast<std::size_t>(setup.device.sharers);
  const ImageSizes sizes = image_sizes(setup);
  if (free && images.place == ImagePlace::host) *free -= std::min(*free, sizes.model + sizes.library);
  const WorkerCapacity capacity = fitting_capacity(
      batch_shape(setup.base, setup.activation, setup.adapters, setup.composition, *catalogue, setup.max_new_tokens),
      free);
  return std::make_unique<T5Engine>(std::move(ops),
                                    EngineInputs{.config = setup.base,
                                                 .model_image = std::move(images.model),
                                                 .library_image = std::move(images.library),
                                                 .images = images.place,
                                                 .adapters = setup.adapters,
                                                 .catalogue = std::move(catalogue),
                                                 .composition = setup.composition},
                                    capacity);
}

}  // namespace lorasweep
