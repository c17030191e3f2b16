// SPDX-License-Identifier: Apache-2.0
// Here a network is registered: an overload of each for the configuration of its family.
#include "workers/families/make_language_model.h"

#include "data/core/error.h"
#include "workers/causal/causal_memory.h"
#include "workers/causal/causal_model.h"
#include "workers/t5/t5_memory.h"
#include "workers/t5/t5_model.h"

#include <variant>

namespace lorasweep {
namespace {

std::unique_ptr<LanguageModel> make(Ops& ops, const T5Config& config, const ModelPlan& plan, const BoundModel& bound,
                                    Index rows_at_once) {
  return std::make_unique<T5Model>(ops, config, t5_weights(config, plan, bound), rows_at_once);
}

std::unique_ptr<LanguageModel> make(Ops& ops, const CausalConfig& config, const ModelPlan& plan,
                                    const BoundModel& bound, Index rows_at_once) {
  if (ops.rotary() == nullptr)
    throw ConfigError("model.device",
                      "a " + plan.kind + " is computed on CPU cores only: this device has no code for it",
                      "choose model.device = \"cpu\"");
  return std::make_unique<CausalModel>(ops, config, causal_weights(config, plan, bound), rows_at_once);
}

std::unique_ptr<ModelMemory> memory_of(const T5Config& config) { return std::make_unique<T5Memory>(config); }
std::unique_ptr<ModelMemory> memory_of(const CausalConfig& config) { return std::make_unique<CausalMemory>(config); }

}  // namespace

std::unique_ptr<LanguageModel> make_language_model(Ops& ops, const ModelPlan& plan, const BoundModel& bound,
                                                   Index rows_at_once) {
  return std::visit([&](const auto& of_family) { return make(ops, of_family, plan, bound, rows_at_once); },
                    plan.config);
}

std::unique_ptr<ModelMemory> model_memory(const ModelConfig& config) {
  return std::visit([](const auto& of_family) { return memory_of(of_family); }, config);
}

}  // namespace lorasweep
