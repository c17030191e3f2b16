// SPDX-License-Identifier: Apache-2.0
// Decoder-only models of tests/golden/causal in an engine, and the numbers that transformers and PEFT computed with
// them.
#pragma once

#include "data/adapters/adapter.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/model/checkpoint.h"
#include "workers/device/make_ops.h"
#include "workers/engine/language_engine.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep::causal_oracle {

inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal" / name;
}
inline nlohmann::ordered_json json_of(const std::filesystem::path& file) {
  return parse_json(read_file(file, std::size_t{64} << 20), file.string());
}

inline AdapterShape shape_of(const Adapter& adapter) {
  AdapterShape shape;
  for (const AdapterSite& site : adapter.sites()) shape.sites.push_back({site.site, site.rank, site.scaling});
  return shape;
}

struct EngineOptions {
  Element activation = Element::f32;
  int threads = 1;
  Composition composition = Composition::lorahub;
  DeviceKind kind = DeviceKind::cpu;
  std::int32_t most_adapters = 12;
  std::int32_t max_new_tokens = 12;
  AnswerEnds ends = {};
};

/// A base model and adapters of it, in host memory.
class Models {
 public:
  Models(const std::filesystem::path& base, const std::vector<std::filesystem::path>& adapters) : base_(base) {
    for (const auto& directory : adapters) adapters_.emplace_back(directory, base_.plan(), &base_);
  }

  const Checkpoint& base() const { return base_; }
  const ModelPlan& plan() const { return base_.plan(); }
  const std::vector<Adapter>& adapters() const { return adapters_; }
  std::vector<std::int32_t> rows_of(const nlohmann::ordered_json& names) const {
    std::vector<std::int32_t> rows;
    for (const std::string name : names)
      rows.push_back(static_cast<std::int32_t>(std::ranges::find(adapters_, name, &Adapter::name) - adapters_.begin()));
    return rows;
  }
  std::vector<AdapterShape> shapes() const {
    std::vector<AdapterShape> shapes;
    for (const Adapter& adapter : adapters_) shapes.push_back(shape_of(adapter));
    return shapes;
  }
  std::shared_ptr<const std::byte> model_image(const Packing& packing) const {
    const ModelImage layout(plan(), packing);
    auto memory = make_ops({})->allocate(layout.bytes());
    layout.write(memory.get(), packing, [&](const std::string& name) { return base_.read(name); });
    return memory;
  }
  std::shared_ptr<const std::byte> library_image() const {
    const AdapterLibrary library(SiteGroups(plan()), shapes());
    auto memory = make_ops({})->allocate(library.bytes());
    library.write(memory.get(), {.read_a = [&](int a, int i) { return adapters_[a].read_a(adapters_[a].sites()[i]); },
                                 .read_b = [&](int a, int i) { return adapters_[a].read_b(adapters_[a].sites()[i]); }});
    return memory;
  }
  std::shared_ptr<const EnginePlan> engine_plan(Catalogue catalogue, const EngineOptions& options) const {
    return std::make_shared<const EnginePlan>(
        EngineSettings{.model = plan().config,
                       .activation = options.activation,
                       .adapters = shapes(),
                       .composition = options.composition,
                       .most_adapters = options.most_adapters,
                       .catalogue = std::make_shared<const Catalogue>(std::move(catalogue)),
                       .max_new_tokens = options.max_new_tokens,
                       .ends = options.ends},
        *make_packing({.activation = options.activation, .kind = options.kind}));
  }
  std::unique_ptr<LanguageEngine> engine_on(std::unique_ptr<Ops> ops, Catalogue catalogue,
                                            const EngineOptions& options) const {
    const auto image = model_image(*ops);
    return std::make_unique<LanguageEngine>(std::move(ops), engine_plan(std::move(catalogue), options),
                                            EngineImages{.model = image, .library = library_image()}, WorkerCapacity{});
  }
  std::unique_ptr<LanguageEngine> engine(Catalogue catalogue, const EngineOptions& options = {}) const {
    return engine_on(make_ops({.activation = options.activation, .threads = options.threads, .kind = options.kind}),
                     std::move(catalogue), options);
  }

 private:
  Checkpoint base_;
  std::vector<Adapter> adapters_;
};

inline Example example(const std::vector<std::int32_t>& ids, std::size_t prompt) {
  return {{ids.begin(), ids.begin() + prompt}, {ids.begin() + prompt, ids.end()}};
}

inline std::vector<std::vector<double>> evaluate(LanguageEngine& engine, std::vector<Member> members) {
  return std::get<EvaluateResult>(engine.start(EvaluateWork{std::move(members)})->finish()).nll;
}
inline std::vector<std::vector<TokenIds>> predict(LanguageEngine& engine, const PredictWork& work) {
  return std::get<PredictResult>(engine.start(work)->finish()).tokens;
}

}  // namespace lorasweep::causal_oracle
