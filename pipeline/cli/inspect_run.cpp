// SPDX-License-Identifier: Apache-2.0
// What a run did so far, from its journal; what a results file holds.
#include "data/journal/journal.h"
#include "data/results/results_reader.h"
#include "pipeline/cli/inspection.h"
#include "pipeline/manifest/completion.h"
#include "pipeline/manifest/run_checks.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"

#include <span>
#include <string>

namespace lorasweep {
namespace {

std::string unit_name(const FailureRecord& failure, const Manifest& manifest) {
  const bool of_search = failure.of == Subject::search;
  if (failure.index >= (of_search ? manifest.searches.size() : manifest.tasks.size())) return "unknown";
  if (!of_search) return manifest.tasks[failure.index].name + ", " + name_of(failure.of);
  const Manifest::Search& search = manifest.searches[failure.index];
  const auto task = static_cast<std::size_t>(search.task);
  return (task < manifest.tasks.size() ? manifest.tasks[task].name : "unknown task") + ", seed " +
         std::to_string(search.seed);
}

// A journal by itself has nothing beside it that it could lack.
std::string state_of(const std::filesystem::path& where, bool is_directory, bool finished,
                     const std::string& run_uuid) {
  if (!finished) return "unfinished: lorasweep run continues it";
  const std::string missing = is_directory ? missing_to_complete(where, run_uuid) : "";
  return missing.empty() ? "complete" : "unfinished: all is computed, but " + missing + ": lorasweep run continues it";
}

}  // namespace

Inspection inspect_run(const std::filesystem::path& where) {
  const bool is_directory = std::filesystem::is_directory(where);
  const std::filesystem::path file = is_directory ? journal_path(where) : where;
  const JournalContent content = read_journal(file);
  Inspection found = {{"kind", is_directory ? "run" : "journal"}, {"state", "empty"}};
  if (content.records.empty()) return found;
  const Manifest manifest = manifest_of(content, file.string());
  check_records(manifest, std::span(content.records).subspan(1), file.string());
  const RecordCounts counts = count(content.records);

  found["state"] = state_of(where, is_directory, counts.complete, manifest.run_uuid);
  found["run_uuid"] = manifest.run_uuid;
  found["created_utc"] = manifest.created_utc;
  found["model"] = manifest.base_path;
  found["tasks"] = manifest.tasks.size();
  found["searches"] = manifest.searches.size();
  found["adapters"] = manifest.adapters.size();
  found["sessions"] = counts.sessions;
  found["evaluations"] = counts.evaluations;
  found["answers"] = counts.answers;
  found["torn_bytes"] = content.torn_bytes;
  found["failures"] = Inspection::array();
  for (const FailureRecord& failure : counts.failures)
    found["failures"].push_back(unit_name(failure, manifest) + ": " + failure.reason);
  if (is_directory) found["results"] = std::filesystem::exists(results_path(where));
  return found;
}

Inspection inspect_results(const std::filesystem::path& file) {
  const SweepResults results = read_results(file);
  return {{"kind", "results"},
          {"title", results.title},
          {"created_utc", results.created_utc},
          {"run_uuid", results.run_uuid},
          {"complete", results.complete},
          {"units", results.n_units},
          {"failed", results.n_failed},
          {"tasks", results.summary.task},
          {"seeds", results.summary.seed},
          {"evaluations", results.evaluations.step.size()},
          {"answers", results.predictions.example_index.size()},
          {"adapters", results.adapters.name.size()},
          {"content_sha256", verify_results(file)}};
}

}  // namespace lorasweep
