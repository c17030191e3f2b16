// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/worker_setup.h"

#include "data/core/error.h"
#include "scheduler/work_codec.h"
#include "workers/device/make_ops.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

WorkerSetup worker_setup(const Sweep& sweep) {
  const RunConfig& config = sweep.config();
  WorkerSetup setup{
      .base = sweep.inputs().base->plan().config,
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

std::string encode(const WorkerSetup& setup) {
  Json json = {{"base", to_json(setup.base)},
               {"activation", static_cast<int>(setup.activation)},
               {"composition", static_cast<int>(setup.composition)},
               {"threads", setup.threads},
               {"max_new_tokens", setup.max_new_tokens},
               {"device", setup.device.signature},
               {"device_kind", static_cast<int>(setup.device.kind)},
               {"device_sharers", setup.device.sharers},
               {"broadcast", Json::binary({setup.broadcast.begin(), setup.broadcast.end()})}};
  json["adapters"] = Json::array();
  for (const AdapterShape& adapter : setup.adapters) {
    Json& sites = json["adapters"].emplace_back(Json::array());
    for (const AdapterShape::Site& site : adapter.sites)
      sites.push_back(Json::array({site.site, site.rank, site.scaling}));
  }
  const std::string catalogue = encode_catalogue(setup.catalogue);
  json["catalogue"] = Json::binary({catalogue.begin(), catalogue.end()});
  std::string bytes;
  Json::to_cbor(json, bytes);
  return bytes;
}

WorkerSetup decode_worker_setup(const std::string& bytes) {
  try {
    const Json json = Json::from_cbor(bytes);
    WorkerSetup setup{.base = model_config_from_json(json.at("base")),
                      .activation = static_cast<Element>(json.at("activation").get<int>()),
                      .composition = static_cast<Composition>(json.at("composition").get<int>()),
                      .threads = json.at("threads"),
                      .adapters = {},
                      .catalogue = {},
                      .max_new_tokens = json.at("max_new_tokens"),
                      .device = {.kind = static_cast<DeviceKind>(json.at("device_kind").get<int>()),
                                 .signature = json.at("device"),
                                 .sharers = json.at("device_sharers"),
                                 .warning = {}},
                      .broadcast = {}};
    const Json::binary_t& ticket = json.at("broadcast").get_binary();
    setup.broadcast.assign(ticket.begin(), ticket.end());
    for (const Json& sites : json.at("adapters")) {
      AdapterShape& adapter = setup.adapters.emplace_back();
      for (const Json& site : sites) adapter.sites.push_back({site.at(0), site.at(1), site.at(2)});
    }
    const Json::binary_t& catalogue = json.at("catalogue").get_binary();
    setup.catalogue = decode_catalogue(std::string(catalogue.begin(), catalogue.end()));
    return setup;
  } catch (const Json::exception& error) {
    throw InternalError(std::string("the worker setup that rank 0 sent cannot be read: ") + error.what());
  }
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
                                                           .catalogue = std::make_shared<Catalogue>(setup.catalogue),
                                                           .max_new_tokens = setup.max_new_tokens},
                                            *packing_of(setup));
}

ImageSizes image_sizes(const EnginePlan& plan) { return {plan.model_image().bytes(), plan.library().bytes()}; }

void write_images(const WorkerSetup& setup, const EnginePlan& plan, const SweepInputs& inputs, std::byte* model,
                  std::byte* library) {
  plan.model_image().write(model, *packing_of(setup), [&](const std::string& name) { return inputs.base->read(name); });
  const auto site = [&](int adapter, int i) -> const AdapterSite& { return inputs.library[adapter].sites()[i]; };
  plan.library().write(library, {.read_a = [&](int a, int i) { return inputs.library[a].read_a(site(a, i)); },
                                 .read_b = [&](int a, int i) { return inputs.library[a].read_b(site(a, i)); }});
}

std::unique_ptr<Ops> make_worker_ops(const WorkerSetup& setup, int worker) {
  return make_ops({.activation = setup.activation,
                   .threads = setup.threads,
                   .kind = setup.device.kind,
                   .index = setup.device.kind == DeviceKind::cuda ? device_index(worker) : 0});
}

std::unique_ptr<Engine> make_engine(const WorkerSetup& setup, std::shared_ptr<const EnginePlan> plan,
                                    std::unique_ptr<Ops> ops, EngineImages images) {
  // Those who share the device each take a part of what is free, and images that are still to be copied to it a part
  // of that.
  std::optional<std::size_t> free = ops->free_memory();
  if (free) *free /= static_cast<std::size_t>(setup.device.sharers);
  const ImageSizes sizes = image_sizes(*plan);
  if (free && images.place == ImagePlace::host) *free -= std::min(*free, sizes.model + sizes.library);
  const WorkerCapacity capacity = plan->capacity(free);
  return std::make_unique<LanguageEngine>(std::move(ops), std::move(plan), std::move(images), capacity);
}

}  // namespace lorasweep
