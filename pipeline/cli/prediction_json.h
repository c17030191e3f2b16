// SPDX-License-Identifier: Apache-2.0
// What a sweep will take, for programs: the object `prediction` of docs/json.md.
#pragma once

#include "pipeline/cli/prediction.h"

#include <nlohmann/json.hpp>

namespace lorasweep {

nlohmann::ordered_json as_json(const Prediction& prediction);

}  // namespace lorasweep
