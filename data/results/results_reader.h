// SPDX-License-Identifier: Apache-2.0
// Reads an HDF5 results file into SweepResults.
#pragma once

#include "data/results/sweep_results.h"

#include <filesystem>

namespace lorasweep {

/// Reads a results file; tensors of composed models are read from the file when asked for (it stays open, and
/// must stay unchanged). InputError naming file and object for anything that lorasweep would not have
/// written: another kind of HDF5 file, links or values that lead out of it, columns that are missing, of
/// other type or length, indices that point nowhere.
SweepResults read_results(const std::filesystem::path& path);

/// Its run_uuid alone: of the run that it was made from, or of the first of several. InputError if it is not a
/// results file.
std::string run_uuid_of_results(const std::filesystem::path& path);

/// The file's content_sha256 after comparing it with what the file holds. InputError if they differ.
std::string verify_results(const std::filesystem::path& path);

}  // namespace lorasweep
