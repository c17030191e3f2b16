// SPDX-License-Identifier: Apache-2.0
// The demo's base model and adapters in an engine, and the numbers that the reference computed with them.
#pragma once

#include "data/adapters/adapter.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/model/t5_checkpoint.h"
#include "data/tokenizer/tokenizer.h"
#include "workers/device/make_ops.h"
#include "workers/engine/t5_engine.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep::oracle {

inline std::filesystem::path demo(const std::string& name) { return std::filesystem::path(LORASWEEP_DEMO_DIR) / name; }
inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "oracle" / name;
}
inline nlohmann::ordered_json golden_json(const std::string& name) {
  return parse_json(read_file(golden(name), std::size_t{256} << 20), name, {.bytes = std::size_t{256} << 20});
}

inline const T5Checkpoint& base() {
  static const T5Checkpoint checkpoint(demo("base"));
  return checkpoint;
}
inline const T5Tokenizer& tokenizer() {
  static const T5Tokenizer tokenizer(demo("base"));
  return tokenizer;
}

/// All adapters, in the order that the reference drew from.
inline const std::vector<Adapter>& adapters() {
  static const std::vector<Adapter> all = [] {
    std::vector<Adapter> read;
    for (const std::string name : golden_json("adapters_order.json"))
      read.emplace_back(demo("adapters/" + name), base().config());
    return read;
  }();
  return all;
}
inline std::int32_t adapter_index(const std::string& name) {
  const auto found = std::ranges::find(adapters(), name, &Adapter::name);
  return static_cast<std::int32_t>(found - adapters().begin());
}
inline std::vector<std::int32_t> adapter_set(const nlohmann::ordered_json& names) {
  std::vector<std::int32_t> set;
  for (const std::string name : names) set.push_back(adapter_index(name));
  return set;
}

inline std::vector<AdapterShape> shapes() {
  std::vector<AdapterShape> shapes;
  for (const Adapter& adapter : adapters()) {
    AdapterShape& shape = shapes.emplace_back();
    for (const AdapterSite& site : adapter.sites()) shape.sites.push_back({site.site, site.rank, site.scaling});
  }
  return shapes;
}

/// In host memory, in the layout of that device; needs no device.
inline std::shared_ptr<const std::byte> model_image(Element activation, DeviceKind kind = DeviceKind::cpu) {
  static std::map<std::pair<Element, DeviceKind>, std::shared_ptr<const std::byte>> images;
  auto& image = images[{activation, kind}];
  if (!image) {
    const auto packing = make_packing({.activation = activation, .kind = kind});
    const auto memory = make_ops({})->allocate(model_image_bytes(base().config(), *packing));
    write_model_image(memory.get(), base().config(), *packing,
                      [](const std::string& name) { return base().read(name); });
    image = memory;
  }
  return image;
}
inline std::shared_ptr<const std::byte> library_image() {
  static const std::shared_ptr<const std::byte> image = [] {
    const auto ops = make_ops({});
    const AdapterLibrary library(SiteGroups(base().config()), shapes());
    const auto memory = ops->allocate(library.bytes());
    library.write(memory.get(),
                  {.read_a = [](int a, int i) { return adapters()[a].read_a(adapters()[a].sites()[i]); },
                   .read_b = [](int a, int i) { return adapters()[a].read_b(adapters()[a].sites()[i]); }});
    return memory;
  }();
  return image;
}

struct EngineOptions {
  Element activation = Element::f32;
  int threads = 1;
  Composition composition = Composition::lorahub;
  DeviceKind kind = DeviceKind::cpu;
};
inline std::unique_ptr<T5Engine> engine(Catalogue catalogue, EngineOptions options = {}) {
  return std::make_unique<T5Engine>(
      make_ops({.activation = options.activation, .threads = options.threads, .kind = options.kind}),
      lorasweep::EngineInputs{.config = base().config(),
                              .model_image = model_image(options.activation, options.kind),
                              .library_image = library_image(),
                              .adapters = shapes(),
                              .catalogue = std::make_shared<const Catalogue>(std::move(catalogue)),
                              .composition = options.composition},
      WorkerCapacity{});
}

inline Example example(const std::string& input, const std::string& target) {
  return {tokenizer().encode(input), tokenizer().encode(target)};
}

inline std::vector<std::vector<double>> evaluate(T5Engine& engine, std::vector<Member> members) {
  return std::get<EvaluateResult>(engine.start(EvaluateWork{std::move(members)})->finish()).nll;
}
/// Answers of all members, one after the other.
inline std::vector<TokenIds> predict(T5Engine& engine, const PredictWork& work) {
  auto result = std::get<PredictResult>(engine.start(work)->finish());
  std::vector<TokenIds> all;
  for (auto& answers : result.tokens) std::ranges::move(answers, std::back_inserter(all));
  return all;
}

}  // namespace lorasweep::oracle
