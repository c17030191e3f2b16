// SPDX-License-Identifier: Apache-2.0
// What stands beside an exported adapter: a model card for people and hubs, a recipe for programs.
#pragma once

#include "data/results/sweep_results.h"

#include <filesystem>
#include <optional>
#include <string>

namespace lorasweep {

inline constexpr const char* card_name = "README.md";
inline constexpr const char* recipe_name = "recipe.json";

/// JSON: `format` "LORASWEEP-RECIPE", the task with its `task_sha256`, seed, shots, the adapters by name, sha256 and
/// weight, composition, base model, the objective that was reached, and what was measured. `rank`: to which the adapter
/// was cut; nothing: it is whole.
std::string recipe_of(const SweepResults& results, const ComposedModel& composed, std::optional<int> rank);

/// Markdown with the front matter that Hugging Face's hub reads. Names of strangers are escaped for both.
std::string card_of(const SweepResults& results, const ComposedModel& composed, std::optional<int> rank);

/// ConfigError where the directory has a card or a recipe that lorasweep did not write: those are never replaced.
void require_own_card(const std::filesystem::path& directory);

}  // namespace lorasweep
