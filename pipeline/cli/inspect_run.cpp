// SPDX-License-Identifier: Apache-2.0
// What a run did so far, from its journal; what a results file holds.
#include "data/core/json.h"
#include "data/journal/journal.h"
#include "data/results/results_reader.h"
#include "pipeline/cli/inspection.h"
#include "pipeline/cli/reading_time.h"
#include "pipeline/manifest/completion.h"
#include "pipeline/manifest/run_checks.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

std::string unit_name(const FailureRecord& failure, const Manifest& manifest) {
  if (!is_of_a_search(failure.of)) return manifest.tasks[failure.index].name + ", " + name_of(failure.of);
  const Manifest::Search& search = manifest.searches[failure.index];
  const std::string name = manifest.tasks[search.task].name + ", seed " + std::to_string(search.seed);
  return failure.of == Subject::search ? name : name + ", " + name_of(failure.of);
}

std::string unit_name(const TrialRecord& trial, const Manifest& manifest) {
  if (trial.kind == Trial::screen)
    return "adapter " + manifest.adapters[trial.position].name + " alone on " +
           manifest.tasks[place_of_shots(manifest, trial.index).task].name;
  const std::string search = unit_name(FailureRecord{.index = trial.index}, manifest);
  return search + ", " + name_of(trial.kind) + " " + std::to_string(trial.position);
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

Inspection percent(const std::vector<double>& column, std::size_t at) {
  return at < column.size() && !std::isnan(column[at]) ? Inspection(column[at]) : Inspection(nullptr);
}

// Of the searches that have one; null: none has.
Inspection mean_percent(const std::vector<double>& column, std::size_t task, std::size_t replicates) {
  double sum = 0;
  std::size_t known = 0;
  for (std::size_t at = task * replicates; at < std::min((task + 1) * replicates, column.size()); ++at) {
    if (std::isnan(column[at])) continue;
    sum += column[at];
    ++known;
  }
  return known == 0 ? Inspection(nullptr) : Inspection(sum / static_cast<double>(known));
}

// A row a task, in per cent; `lorasweep show` has the intervals.
Inspection accuracies_of(const Summary& s) {
  Inspection rows = Inspection::array();
  const std::size_t replicates = s.seed.size();
  for (std::size_t t = 0; t < s.task.size(); ++t) {
    Inspection row = {{"task", s.task[t]},
                      {"zero_shot", percent(s.accuracy_zero_shot, t)},
                      {"few_shot", percent(s.accuracy_few_shot, t)}};
    row["uniform"] = mean_percent(s.accuracy_uniform, t, replicates);
    row["best_single"] = mean_percent(s.accuracy_best_single, t, replicates);
    row["random_adapters"] = mean_percent(s.accuracy_random_adapters, t, replicates);
    row["composed"] = mean_percent(s.accuracy, t, replicates);
    rows.push_back(std::move(row));
  }
  for (const char* control : {"few_shot", "uniform", "best_single", "random_adapters"})
    if (std::ranges::all_of(rows, [&](const Inspection& row) { return row[control].is_null(); }))
      for (Inspection& row : rows) row.erase(control);
  return rows;
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
  for (const auto& [name, reason] : manifest.skipped_adapters) found["skipped_adapters"][name] = reason;
  found["cut_inputs"] = cut_inputs(manifest);
  found["sessions"] = counts.sessions;
  found["evaluations"] = counts.evaluations;
  if (!manifest.trials.empty()) found["trials"] = counts.trials;
  found["answers"] = counts.answers;
  found["torn_bytes"] = content.torn_bytes;
  found["failures"] = Inspection::array();
  for (const FailureRecord& failure : counts.failures)
    found["failures"].push_back(unit_name(failure, manifest) + ": " + failure.reason);
  for (const TrialRecord& trial : counts.failed_trials)
    found["failures"].push_back(unit_name(trial, manifest) + ": " + trial.failure);
  if (is_directory) found["results"] = std::filesystem::exists(results_path(where));
  return found;
}

Inspection inspect_results(const std::filesystem::path& file) {
  const ReadingTime limit(file);
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
          {"accuracies", accuracies_of(results.summary)},
          {"evaluations", results.evaluations.step.size()},
          {"answers", results.predictions.example_index.size()},
          {"adapters", results.adapters.name.size()},
          {"cut_inputs", cut_inputs(results.summary)},
          {"numerics", numerics_of(results, file)},
          {"content_sha256", verify_results(file)}};
}

}  // namespace lorasweep
