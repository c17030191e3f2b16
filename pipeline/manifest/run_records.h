// SPDX-License-Identifier: Apache-2.0
// What one run's journal says.
#pragma once

#include "data/journal/journal.h"
#include "data/journal/record.h"
#include "pipeline/manifest/manifest.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

struct RunRecords {
  std::string where;  ///< path of the journal
  Manifest manifest;
  std::vector<Record> records;  ///< without the manifest
};

/// `run`: a run directory, or a journal. InputError if there is none or it is damaged.
RunRecords read_run(const std::filesystem::path& run);

/// The manifest that a journal begins with. InputError at `where` if it begins with something else, or is empty.
Manifest manifest_of(const JournalContent& content, const std::string& where);

/// How many records of each kind a journal holds.
struct RecordCounts {
  std::size_t sessions = 0;  ///< processes that started or continued the run
  std::size_t evaluations = 0, answers = 0, trials = 0;
  std::vector<FailureRecord> failures;
  std::vector<TrialRecord> failed_trials;
  bool complete = false;
};
RecordCounts count(std::span<const Record> records);

}  // namespace lorasweep
