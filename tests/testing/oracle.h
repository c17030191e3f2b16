// SPDX-License-Identifier: Apache-2.0
// The demo's base model and adapters in an engine, and the numbers that the reference computed with them.
#pragma once

#include "data/adapters/adapter.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/model/checkpoint.h"
#include "data/tokenizer/t5_tokenizer.h"
#include "workers/device/make_ops.h"
#include "workers/engine/language_engine.h"

#include <algorithm>
#include <cstdint>
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

inline const Checkpoint& base() {
  static const Checkpoint checkpoint(demo("base"));
  return checkpoint;
}
inline const ModelPlan& plan() { return base().plan(); }
inline const T5Config& config() { return std::get<T5Config>(plan().config); }
inline const T5Tokenizer& tokenizer() {
  static const T5Tokenizer tokenizer(demo("base"));
  return tokenizer;
}

/// All adapters, in the order that the reference drew from.
inline const std::vector<Adapter>& adapters() {
  static const std::vector<Adapter> all = [] {
    std::vector<Adapter> read;
    for (const std::string name : golden_json("adapters_order.json"))
      read.emplace_back(demo("adapters/" + name), plan());
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

inline AdapterShape shape_of(const Adapter& adapter) {
  AdapterShape shape;
  for (const AdapterSite& site : adapter.sites()) shape.sites.push_back({site.site, site.rank, site.scaling});
  return shape;
}
inline std::vector<AdapterShape> shapes() {
  std::vector<AdapterShape> shapes;
  for (const Adapter& adapter : adapters()) shapes.push_back(shape_of(adapter));
  return shapes;
}

/// In host memory, in the layout of that device; needs no device.
inline std::shared_ptr<const std::byte> model_image(Element activation, DeviceKind kind = DeviceKind::cpu) {
  static std::map<std::pair<Element, DeviceKind>, std::shared_ptr<const std::byte>> images;
  auto& image = images[{activation, kind}];
  if (!image) {
    const auto packing = make_packing({.activation = activation, .kind = kind});
    const ModelImage layout(plan(), *packing);
    const auto memory = make_ops({})->allocate(layout.bytes());
    layout.write(memory.get(), *packing, [](const std::string& name) { return base().read(name); });
    image = memory;
  }
  return image;
}
inline std::shared_ptr<const std::byte> library_image() {
  static const std::shared_ptr<const std::byte> image = [] {
    const auto ops = make_ops({});
    const AdapterLibrary library(SiteGroups(plan()), shapes());
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
  std::int32_t most_adapters = 20;
};
inline std::shared_ptr<const EnginePlan> engine_plan(Catalogue catalogue, EngineOptions options = {},
                                                     std::int32_t max_new_tokens = 256) {
  return std::make_shared<const EnginePlan>(
      EngineSettings{.model = plan().config,
                     .activation = options.activation,
                     .adapters = shapes(),
                     .composition = options.composition,
                     .most_adapters = options.most_adapters,
                     .catalogue = std::make_shared<const Catalogue>(std::move(catalogue)),
                     .max_new_tokens = max_new_tokens},
      *make_packing({.activation = options.activation, .kind = options.kind}));
}
/// An engine on any ops: all adapters, f32, on the CPU unless the options say otherwise.
inline std::unique_ptr<LanguageEngine> engine_on(std::unique_ptr<Ops> ops, Catalogue catalogue,
                                                 EngineOptions options = {}, WorkerCapacity capacity = {}) {
  return std::make_unique<LanguageEngine>(
      std::move(ops), engine_plan(std::move(catalogue), options),
      EngineImages{.model = model_image(options.activation, options.kind), .library = library_image()}, capacity);
}
inline std::unique_ptr<LanguageEngine> engine(Catalogue catalogue, EngineOptions options = {}) {
  return engine_on(make_ops({.activation = options.activation, .threads = options.threads, .kind = options.kind}),
                   std::move(catalogue), options);
}

inline Example example(const std::string& input, const std::string& target) {
  return {tokenizer().encode(input), tokenizer().encode(target)};
}

/// The goldens' sets of shots, and the adapters that each of them was searched with.
struct Cases {
  Catalogue catalogue;
  std::vector<std::vector<std::int32_t>> adapters;  ///< of each example set
};

inline Cases cases(std::size_t most_sets = SIZE_MAX, std::size_t most_shots = SIZE_MAX) {
  Cases c;
  for (const auto& group : golden_json("losses.json")) {
    if (c.adapters.size() == most_sets) break;
    auto& set = c.catalogue.example_sets.emplace_back();
    for (std::size_t i = 0; i < std::min(group.at("inputs").size(), most_shots); ++i) {
      set.push_back(static_cast<std::int32_t>(c.catalogue.examples.size()));
      c.catalogue.examples.push_back(example(group.at("inputs")[i], group.at("targets")[i]));
    }
    c.adapters.push_back(adapter_set(group.at("modules")));
  }
  return c;
}

inline std::vector<std::vector<double>> evaluate(LanguageEngine& engine, std::vector<Member> members) {
  return std::get<EvaluateResult>(engine.start(EvaluateWork{std::move(members)})->finish()).nll;
}
/// Answers of all members, one after the other.
inline std::vector<TokenIds> predict(LanguageEngine& engine, const PredictWork& work) {
  auto result = std::get<PredictResult>(engine.start(work)->finish());
  std::vector<TokenIds> all;
  for (auto& answers : result.tokens) std::ranges::move(answers, std::back_inserter(all));
  return all;
}

}  // namespace lorasweep::oracle
