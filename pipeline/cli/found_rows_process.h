// SPDX-License-Identifier: Apache-2.0
// The found weights of a results file that may be anybody's, read in a process of its own.
#pragma once

#include "pipeline/weights/weight_rows.h"

#include <filesystem>

namespace lorasweep {

/// A ReadFoundRows (pipeline/weights/weight_table.h): starts this program anew, whose command below does it. May be
/// called under MPI. InputError if that process crashes on the file or refuses it.
WeightRows found_rows_in_own_process(const std::filesystem::path& results);

/// `lorasweep found-weights FILE` (found_weights_command.cpp), which help does not list: stdout gets the rows as JSON
/// or, where the code is not 0, place, problem and remedy with NUL between them.
inline constexpr const char* found_weights_word = "found-weights";

}  // namespace lorasweep
