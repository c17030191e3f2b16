// SPDX-License-Identifier: Apache-2.0
// The table as JSON: a list of objects.
#pragma once

#include "pipeline/weights/weight_rows.h"

#include <string>
#include <string_view>

namespace lorasweep {

/// [{"task": "...", "seed": 1, "adapter": "...", "weight": 0.5}, ...]. A key that is missing, null or "" means all.
/// InputError at "file: [row].key".
WeightRows parse_json_rows(std::string_view text, const std::string& file);

}  // namespace lorasweep
