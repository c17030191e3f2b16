// SPDX-License-Identifier: Apache-2.0
// Opens a file of weights by the format that it has.
#pragma once

#include "data/formats/weight_file.h"

#include <filesystem>
#include <memory>

namespace lorasweep {

/// Opens one file, its format recognised by content and not by name. InputError naming file, place and remedy.
std::unique_ptr<WeightFile> open_weights(const std::filesystem::path& file);

}  // namespace lorasweep
