// SPDX-License-Identifier: Apache-2.0
// A run that ended amid its work.
#pragma once

#include "data/journal/journal.h"
#include "pipeline/manifest/run_directory.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

/// Makes `half` a run that did the first half of what `whole` recorded, its manifest among it.
inline void leave_half(const std::filesystem::path& whole, const std::filesystem::path& half) {
  std::vector<Record> records = read_journal(journal_path(whole)).records;
  records.resize(records.size() / 2);
  std::filesystem::create_directories(half);
  JournalWriter::create(journal_path(half)).append(records);
}

}  // namespace lorasweep
