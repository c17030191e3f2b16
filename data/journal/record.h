// SPDX-License-Identifier: Apache-2.0
// What a run's journal says. Frames, torn tails and damage: docs/formats/journal.md and journal_reader.h.
#pragma once

#include "data/journal/subject.h"
#include "data/journal/trial.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace lorasweep {

/// First record of every journal: everything that the results depend on, as one JSON document
/// (pipeline/manifest/manifest.h).
struct ManifestRecord {
  std::string json;
  bool operator==(const ManifestRecord&) const = default;
};

/// A process began to work on the run: when, where, with how many workers (JSON; provenance only, never read back into
/// a result's value).
struct SessionRecord {
  std::string json;
  bool operator==(const SessionRecord&) const = default;
};

/// One finished evaluation of a search.
struct EvaluationRecord {
  std::uint32_t search = 0;     ///< index into the manifest's searches
  std::uint32_t step = 0;       ///< 0-based position in the search's sequence of asked candidates
  std::vector<double> weights;  ///< one per drawn adapter
  std::vector<double> nll;      ///< summed negative log-likelihood of each shot; may hold NaN or Inf
  double loss = 0;              ///< after the configured reduction
  double regularizer = 0;
  std::string key;  ///< 64 hex digits: digest of everything the loss depends on
  std::uint32_t attempt = 0;
  std::int32_t worker = 0;
  double finished_utc = 0;  ///< seconds since the epoch
  double seconds = 0;       ///< on the worker

  /// What the search minimises; not finite where a loss is not.
  double objective() const { return loss + regularizer; }
  bool operator==(const EvaluationRecord&) const = default;
};

/// One answer of a composed model or a control (index: its search) or of the base model (of: a baseline, index: the
/// task).
struct PredictionRecord {
  Subject of = Subject::search;
  std::uint32_t index = 0;
  std::uint32_t example = 0;  ///< position in the task's test set
  std::vector<std::int32_t> tokens;
  std::string text;
  std::uint32_t attempt = 0;
  std::int32_t worker = 0;
  double finished_utc = 0;
  double seconds = 0;  ///< of the unit, divided by its examples
  bool operator==(const PredictionRecord&) const = default;
};

/// A search, a baseline or a control that could not be finished.
struct FailureRecord {
  Subject of = Subject::search;
  std::uint32_t index = 0;
  std::string reason;
  bool operator==(const FailureRecord&) const = default;
};

/// The sweep is complete: nothing but session records follows.
struct CompleteRecord {
  bool operator==(const CompleteRecord&) const = default;
};

/// One finished trial, or one that could not be finished.
struct TrialRecord {
  Trial kind = Trial::screen;
  std::uint32_t index = 0;     ///< screen: set of shots, of all tasks in their order; else index into the searches
  std::uint32_t position = 0;  ///< screen: place in the library; ablation: in the search's adapters; uniform: 0
  std::vector<double> nll;     ///< as in EvaluationRecord; NaN for each shot where the trial failed
  double loss = 0;             ///< after the configured reduction; NaN where it failed
  std::string key;             ///< as in EvaluationRecord
  std::string failure;         ///< why there is no loss; empty: there is one
  std::uint32_t attempt = 0;
  std::int32_t worker = 0;
  double finished_utc = 0;
  double seconds = 0;
  bool operator==(const TrialRecord&) const = default;
};

using Record = std::variant<ManifestRecord, SessionRecord, EvaluationRecord, PredictionRecord, FailureRecord,
                            CompleteRecord, TrialRecord>;

/// Payload bytes of a record (little-endian, explicit lengths), without the frame.
std::string encode_payload(const Record& record);
/// The type number in a frame's head: 1 + the record's place in the variant.
std::uint8_t type_of(const Record& record);
/// Throws InputError (where = `where`) for an unknown type or bytes that are not exactly one record.
Record decode_payload(std::uint8_t type, const std::string& payload, const std::string& where);

}  // namespace lorasweep
