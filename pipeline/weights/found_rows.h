// SPDX-License-Identifier: Apache-2.0
// The weights that the searches of a results file found.
#pragma once

#include "pipeline/weights/weight_rows.h"

#include <filesystem>

namespace lorasweep {

/// The best weights of every search that has some, in drawn order. InputError if it is no results file.
WeightRows found_rows(const std::filesystem::path& results);

}  // namespace lorasweep
