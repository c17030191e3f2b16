// SPDX-License-Identifier: Apache-2.0
// SweepResults to an HDF5 file.
#pragma once

#include "data/results/sweep_results.h"

#include <filesystem>
#include <functional>
#include <string>

namespace lorasweep {

class WrittenContent;

/// Opens the file that was just written and says what it holds differently than was written, or nothing. InputError or
/// StorageError if it cannot be read.
using ReadBack = std::function<std::string(const std::filesystem::path& file, const WrittenContent& written)>;

/// In this process: HDF5 1.10 crashes on some reads that fail, and then ends it.
std::string read_back_here(const std::filesystem::path& file, const WrittenContent& written);

/// Writes `path`: beside it first, read back and compared, synced, then renamed, so that a reader sees the
/// old file or the whole new one. Equal results give equal values in equal order. Text that is not UTF-8, and
/// NUL, is replaced by U+FFFD; every NaN is the same NaN. StorageError if the file system refuses or gives
/// back other values; InternalError if the results do not fit together.
void write_results(const SweepResults& results, const std::filesystem::path& path,
                   const ReadBack& read_back = read_back_here);

}  // namespace lorasweep
