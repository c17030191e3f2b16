// SPDX-License-Identifier: Apache-2.0
// Journals of interrupted runs with something changed, under right checksums.
#pragma once

#include "data/journal/journal.h"
#include "tests/pipeline/run/small_sweep.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

/// The first half of a run's records.
inline std::vector<Record> first_half(const std::filesystem::path& run) {
  std::vector<Record> records = read_journal(journal_path(run)).records;
  records.resize(records.size() / 2);
  return records;
}

inline void write_run(const std::filesystem::path& run, const std::vector<Record>& records) {
  std::filesystem::create_directories(run);
  JournalWriter::create(journal_path(run)).append(records);
}

/// Places of evaluations among the records.
inline std::vector<std::size_t> evaluations_of(const std::vector<Record>& records) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (std::holds_alternative<EvaluationRecord>(records[i])) places.push_back(i);
  return places;
}

/// The next larger loss of one shot.
inline std::vector<Record> with_another_bit(std::vector<Record> records, std::size_t place, std::size_t shot) {
  double& loss = std::get<EvaluationRecord>(records[place]).nll.at(shot);
  loss = std::nextafter(loss, std::numeric_limits<double>::infinity());
  return records;
}

}  // namespace lorasweep
