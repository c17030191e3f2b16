// SPDX-License-Identifier: Apache-2.0
// The part of a configuration that results depend on, as a run's manifest keeps it.
#pragma once

#include "pipeline/config/config.h"

#include <nlohmann/json.hpp>

#include <string>

namespace lorasweep {

/// The values of all fields with `is_result_setting`, but for those with `is_recorded_if_set` that have their default;
/// sections as objects, in the table's order.
nlohmann::ordered_json result_settings(const RunConfig& config);

/// Back from JSON: a missing key has its default, so that records older than a setting can be read; fields that are not
/// result settings have theirs. InputError at `where`, naming the key, for one that this program
/// does not know and for a value that it does not allow.
RunConfig config_of_result_settings(const nlohmann::ordered_json& settings, const std::string& where);

}  // namespace lorasweep
