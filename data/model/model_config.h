// SPDX-License-Identifier: Apache-2.0
// The shape of a base model of any family that this program knows. Here, and in model_families.cpp, a family of models
// is registered.
#pragma once

#include "data/model/causal_config.h"
#include "data/model/t5_config.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace lorasweep {

using ModelConfig = std::variant<T5Config, CausalConfig>;

/// Reads `directory`/config.json as its `model_type` says. InputError naming the key for a family that is not known,
/// and as the family's own reader.
ModelConfig read_model_config(const std::filesystem::path& directory);

/// Every `model_type` that is read.
std::vector<std::string> model_types();

/// A family, as people call it.
struct FamilyName {
  std::string name;
  bool continues_prompt = false;  ///< as ModelPlan has it
};
std::vector<FamilyName> family_names();

/// What manifests and worker setups carry. A family's keys are its own; "model_type" names the family.
nlohmann::ordered_json to_json(const ModelConfig& config);
/// An object without "model_type" was written before there was a second family, and is of the first. Throws
/// nlohmann::json::exception for a missing or wrong value.
ModelConfig model_config_from_json(const nlohmann::ordered_json& json);

}  // namespace lorasweep
