// SPDX-License-Identifier: Apache-2.0
// The settings that a results file was made with, as it says them.
#pragma once

#include "data/results/sweep_results.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace lorasweep {

/// A text of the file's provenance as JSON; null if it is not there, or no JSON.
nlohmann::ordered_json provenance_json(const SweepResults& results, const std::string& name);

struct SettingValue {
  std::string name;   ///< "search.budget"
  std::string value;  ///< "40"
  std::string usual;  ///< its default; empty: the program does not know the setting, or it is not set by default
};

/// Settings whose value is not the default, in the order of the configuration; places and how the sweep ran left out.
/// Empty if the file does not say.
std::vector<SettingValue> unusual_settings(const SweepResults& results);

/// The settings in which they differ: "search.budget: 40, 160". Where the run was made and how it ran does not count.
std::vector<std::string> differing_settings(const SweepResults& one, const SweepResults& other);

}  // namespace lorasweep
