// SPDX-License-Identifier: Apache-2.0
// What a results file says of the sweep that made it.
#pragma once

#include "data/results/sweep_results.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace lorasweep {

/// Where it stands, for messages.
inline constexpr const char* recorded_manifests = "/provenance/manifests";

/// The manifest of the first run, with which all others of the file agree. InputError with `remedy` for a file that has
/// none, and for a text that does not begin with one.
nlohmann::ordered_json recorded_manifest(const SweepResults& results, const std::string& remedy);

}  // namespace lorasweep
