// SPDX-License-Identifier: Apache-2.0
// What a run did so far, from its journal; what a results file holds.
#include "data/core/json.h"
#include "data/journal/journal.h"
#include "data/results/results_reader.h"
#include "pipeline/cli/inspection.h"
#include "pipeline/manifest/completion.h"
#include "pipeline/manifest/run_checks.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"

#include <cstdint>
#include <span>
#include <string>

namespace lorasweep {
namespace {

std::string unit_name(const FailureRecord& failure, const Manifest& manifest) {
  if (failure.of != Subject::search) return manifest.tasks[failure.index].name + ", " + name_of(failure.of);
  const Manifest::Search& search = manifest.searches[failure.index];
  return manifest.tasks[search.task].name + ", seed " + std::to_string(search.seed);
}

// Counts of what was cut, by task, of those tasks of which something was; null: runs of 0.1.0 do not say.
class CutCounts {
 public:
  void add(const std::string& task, const char* what, std::int64_t count) {
    known_ = known_ || count >= 0;
    if (count > 0) found_[task][what] = count;
  }
  Inspection found() const { return known_ ? found_ : Inspection(nullptr); }

 private:
  Inspection found_ = Inspection::object();
  bool known_ = false;
};

Inspection cut_inputs(const Manifest& manifest) {
  CutCounts counts;
  for (const Manifest::Task& task : manifest.tasks) {
    if (!task.cut) continue;
    counts.add(task.name, "shots", std::ssize(task.cut->shots));
    counts.add(task.name, "shot_targets", std::ssize(task.cut->shot_targets));
    counts.add(task.name, "test", std::ssize(task.cut->test));
    if (task.cut->few_shot) counts.add(task.name, "few_shot", std::ssize(*task.cut->few_shot));
  }
  return counts.found();
}

Inspection cut_inputs(const Summary& summary) {
  CutCounts counts;
  for (std::size_t t = 0; t < summary.task.size(); ++t) {
    counts.add(summary.task[t], "shots", summary.n_cut_shots[t]);
    counts.add(summary.task[t], "shot_targets", summary.n_cut_shot_targets[t]);
    counts.add(summary.task[t], "test", summary.n_cut_test[t]);
    counts.add(summary.task[t], "few_shot", summary.n_cut_few_shot[t]);
  }
  return counts.found();
}

// Null: files of 0.1.0 do not say.
Inspection numerics_of(const SweepResults& results, const std::filesystem::path& file) {
  const auto text = results.provenance.find("numerics");
  return text == results.provenance.end() ? Inspection(nullptr)
                                          : parse_json(text->second, file.string() + ": /provenance/numerics");
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
  found["numerics"] = checked_numerics_of(manifest);
  found["tasks"] = manifest.tasks.size();
  found["searches"] = manifest.searches.size();
  found["adapters"] = manifest.adapters.size();
  found["cut_inputs"] = cut_inputs(manifest);
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
          {"cut_inputs", cut_inputs(results.summary)},
          {"numerics", numerics_of(results, file)},
          {"content_sha256", verify_results(file)}};
}

}  // namespace lorasweep
