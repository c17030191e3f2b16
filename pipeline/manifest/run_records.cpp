// SPDX-License-Identifier: Apache-2.0
// Reads a run's journal, and counts its records by kind.
#include "pipeline/manifest/run_records.h"

#include "data/core/error.h"
#include "pipeline/manifest/run_checks.h"
#include "pipeline/manifest/run_directory.h"

#include <utility>
#include <variant>

namespace lorasweep {
namespace {

// One overload per type: a record type without one does not compile.
struct Count {
  RecordCounts& counts;
  void operator()(const ManifestRecord&) const {}
  void operator()(const SessionRecord&) const { ++counts.sessions; }
  void operator()(const EvaluationRecord&) const { ++counts.evaluations; }
  void operator()(const PredictionRecord&) const { ++counts.answers; }
  void operator()(const FailureRecord& failure) const { counts.failures.push_back(failure); }
  void operator()(const CompleteRecord&) const { counts.complete = true; }
  void operator()(const TrialRecord& trial) const {
    ++counts.trials;
    if (!trial.failure.empty()) counts.failed_trials.push_back(trial);
  }
};

}  // namespace

RunRecords read_run(const std::filesystem::path& run) {
  const std::filesystem::path path = std::filesystem::is_directory(run) ? journal_path(run) : run;
  if (!std::filesystem::exists(path))
    throw InputError(run.string(), "there is no run here", "name the directory that `lorasweep run --out` made");
  JournalContent content = read_journal(path);
  RunRecords result{.where = path.string(), .manifest = manifest_of(content, path.string()), .records = {}};
  content.records.erase(content.records.begin());
  result.records = std::move(content.records);
  check_records(result.manifest, result.records, result.where);
  return result;
}

Manifest manifest_of(const JournalContent& content, const std::string& where) {
  const ManifestRecord* first =
      content.records.empty() ? nullptr : std::get_if<ManifestRecord>(&content.records.front());
  if (first == nullptr)
    throw InputError(where, "the journal does not begin with a manifest",
                     "if nothing was finished in this run, leave it out; else restore the journal from a backup");
  Manifest manifest = manifest_from_json(first->json, where);
  check_manifest(manifest, where);
  return manifest;
}

RecordCounts count(std::span<const Record> records) {
  RecordCounts counts;
  for (const Record& record : records) std::visit(Count{counts}, record);
  return counts;
}

}  // namespace lorasweep
