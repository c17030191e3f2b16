// SPDX-License-Identifier: Apache-2.0
// A file of weights, told apart by content: CSV, JSON, or a results file.
#pragma once

#include "pipeline/weights/weight_rows.h"

#include <filesystem>
#include <functional>
#include <string>

namespace lorasweep {

struct GivenFile {
  WeightRows rows;
  std::string sha256;  ///< of the file's bytes
};

/// How a results file is read: a caller may have it done in a process of its own.
using ReadFoundRows = std::function<WeightRows(const std::filesystem::path& results)>;

/// InputError naming file and place.
GivenFile read_weight_file(const std::filesystem::path& file, const ReadFoundRows& read_found);

}  // namespace lorasweep
