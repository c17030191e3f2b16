// SPDX-License-Identifier: Apache-2.0
// Where results come from, as texts.
#pragma once

#include "pipeline/manifest/run_records.h"

#include <map>
#include <string>
#include <vector>

namespace lorasweep {

/// Name to text: configurations, manifests without the texts of tasks, sessions, failures, who computed
/// what and when, numerics, version.
std::map<std::string, std::string> provenance_of(const std::vector<RunRecords>& runs);

}  // namespace lorasweep
