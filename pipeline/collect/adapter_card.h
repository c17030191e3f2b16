// SPDX-License-Identifier: Apache-2.0
// What stands beside an exported adapter: a model card for people and hubs, a recipe for programs.
#pragma once

#include "data/results/sweep_results.h"

#include <filesystem>
#include <limits>
#include <optional>
#include <string>

namespace lorasweep {

inline constexpr const char* card_name = "README.md";
inline constexpr const char* recipe_name = "recipe.json";

/// What all searches of a results file share; empty, NaN: not known.
struct SweepOrigin {
  std::string results_sha256;  ///< content_sha256 of the results file
  std::string base_sha256, method, composition, loss, scope;
  double l1 = std::numeric_limits<double>::quiet_NaN();
};
SweepOrigin origin_of(const SweepResults& results, std::string results_sha256);

/// JSON, key by key in docs/formats/exports.md. `rank`: to which the adapter was cut; nothing: it is whole.
std::string recipe_of(const SweepResults& results, const SweepOrigin& origin, const ComposedModel& composed,
                      std::optional<int> rank);

/// Markdown with the front matter that Hugging Face's hub reads. Names of strangers are escaped for both. Where the
/// guard let another than this mixture answer, no accuracy is said to be the mixture's.
std::string card_of(const SweepResults& results, const SweepOrigin& origin, const ComposedModel& composed,
                    std::optional<int> rank);

/// ConfigError where the directory has a card or a recipe that lorasweep did not write: those are never replaced.
void require_own_card(const std::filesystem::path& directory);

}  // namespace lorasweep
