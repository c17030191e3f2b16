// SPDX-License-Identifier: Apache-2.0
// SweepResults to an HDF5 file.
#pragma once

#include "data/results/sweep_results.h"

#include <filesystem>

namespace lorasweep {

/// Writes `path`: beside it first, read back and compared, synced, then renamed, so that a reader sees the
/// old file or the whole new one. Equal results give equal values in equal order. Text that is not UTF-8, and
/// NUL, is replaced by U+FFFD; every NaN is the same NaN. StorageError if the file system refuses or gives
/// back other values; InternalError if the results do not fit together.
void write_results(const SweepResults& results, const std::filesystem::path& path);

}  // namespace lorasweep
