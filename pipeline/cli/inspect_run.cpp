// SPDX-License-Identifier: Apache-2.0
// What a run did so far, from its journal; what a results file holds.
#include "data/core/error.h"
#include "data/journal/journal.h"
#include "data/results/results_reader.h"
#include "pipeline/cli/inspection.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/manifest/run_directory.h"

#include <string>
#include <variant>

namespace lorasweep {
namespace {

std::string unit_name(const FailureRecord& failure, const Manifest& manifest) {
  const bool of_search = failure.of == PredictionOf::search;
  if (failure.index >= (of_search ? manifest.searches.size() : manifest.tasks.size())) return "unknown";
  if (!of_search)
    return manifest.tasks[failure.index].name + (failure.of == PredictionOf::zero_shot ? ", zero-shot" : ", few-shot");
  const Manifest::Search& search = manifest.searches[failure.index];
  const auto task = static_cast<std::size_t>(search.task);
  return (task < manifest.tasks.size() ? manifest.tasks[task].name : "unknown task") + ", seed " +
         std::to_string(search.seed);
}

struct Counts {
  std::size_t sessions = 0, evaluations = 0, answers = 0;
  bool complete = false;
  std::vector<FailureRecord> failures;

  void operator()(const ManifestRecord&) {}
  void operator()(const SessionRecord&) { ++sessions; }
  void operator()(const EvaluationRecord&) { ++evaluations; }
  void operator()(const PredictionRecord&) { ++answers; }
  void operator()(const FailureRecord& failure) { failures.push_back(failure); }
  void operator()(const CompleteRecord&) { complete = true; }
};

}  // namespace

Inspection inspect_run(const std::filesystem::path& where) {
  const bool is_directory = std::filesystem::is_directory(where);
  const std::filesystem::path file = is_directory ? journal_path(where) : where;
  const JournalContent content = read_journal(file);
  Inspection found = {{"kind", is_directory ? "run" : "journal"}, {"state", "empty"}};
  if (content.records.empty()) return found;
  const auto* first = std::get_if<ManifestRecord>(&content.records.front());
  if (first == nullptr)
    throw InputError(file.string(), "the journal does not begin with a manifest", "restore it from a backup");
  const Manifest manifest = manifest_from_json(first->json, file.string());
  Counts counts;
  for (const Record& record : content.records) std::visit(counts, record);

  found["state"] = counts.complete ? "complete" : "unfinished: lorasweep run continues it";
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
