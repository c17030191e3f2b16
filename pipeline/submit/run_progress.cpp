// SPDX-License-Identifier: Apache-2.0
// Compares what the journal holds with what its manifest plans.
#include "pipeline/submit/run_progress.h"

#include "data/journal/journal.h"
#include "pipeline/manifest/completion.h"
#include "pipeline/manifest/run_checks.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <variant>

namespace lorasweep {
namespace {

constexpr double measured_seconds = 60;

std::size_t task_of(const Manifest& manifest, Trial kind, std::uint32_t index) {
  return kind == Trial::screen ? place_of_shots(manifest, index).task
                               : static_cast<std::size_t>(manifest.searches[index].task);
}

std::size_t task_of(const Manifest& manifest, Subject of, std::uint32_t index) {
  return is_of_a_search(of) ? static_cast<std::size_t>(manifest.searches[index].task) : index;
}

// The manifest's indices are within its lists: that was checked when it was read.
void set_totals(RunProgress& progress, const Manifest& manifest) {
  const auto test_size = [&](std::int32_t task) { return manifest.tasks[task].targets.size(); };
  for (const Manifest::Task& task : manifest.tasks) progress.tasks.push_back({.name = task.name});
  for (const Manifest::Trials& trials : manifest.trials)
    progress.tasks[task_of(manifest, trials.kind, trials.index)].evaluations_total += trials.positions.size();
  for (const Manifest::Search& search : manifest.searches) {
    progress.tasks[search.task].evaluations_total += search_budget(manifest);
    progress.tasks[search.task].answers_total += test_size(search.task);
  }
  for (const Manifest::Baseline& baseline : manifest.baselines)
    progress.tasks[baseline.task].answers_total += test_size(baseline.task);
  for (const TaskProgress& task : progress.tasks) {
    progress.evaluations_total += task.evaluations_total;
    progress.answers_total += task.answers_total;
  }
}

// When results were recorded, in the last session: their rates at its end.
class Recently {
 public:
  void begin() { evaluations_ = answers_ = {}; }
  void evaluation(double utc) { evaluations_.push_back(utc); }
  void answer(double utc) { answers_.push_back(utc); }
  void set_rates(RunProgress& progress) const {
    if (!progress.last_record_utc) return;
    progress.evaluations_per_second = rate(evaluations_, *progress.last_record_utc);
    progress.answers_per_second = rate(answers_, *progress.last_record_utc);
  }

 private:
  static std::optional<double> rate(const std::vector<double>& times, double end) {
    const auto is_recent = [&](double time) { return time > end - measured_seconds; };
    const auto first = std::ranges::find_if(times, is_recent);
    if (first == times.end() || !(end > *first)) return std::nullopt;
    return static_cast<double>(times.end() - first - 1) / (end - *first);  // what came after the first took that long
  }
  std::vector<double> evaluations_, answers_;
};

struct Tally {
  const Manifest& manifest;
  RunProgress& progress;
  Recently recently = {};

  void operator()(const EvaluationRecord& record) {
    const Manifest::Search& search = manifest.searches[record.search];
    TaskProgress& task = progress.tasks[search.task];
    ++task.evaluations;
    if (search.answers == Subject::search && std::isfinite(record.objective()))
      task.best_objective = std::min(task.best_objective, record.objective());
    recently.evaluation(record.finished_utc);
    progress.last_record_utc = record.finished_utc;
  }
  void operator()(const TrialRecord& record) {
    ++progress.tasks[task_of(manifest, record.kind, record.index)].evaluations;
    recently.evaluation(record.finished_utc);
    if (record.finished_utc > 0) progress.last_record_utc = record.finished_utc;
  }
  void operator()(const PredictionRecord& record) {
    ++progress.tasks[task_of(manifest, record.of, record.index)].answers;
    recently.answer(record.finished_utc);
    progress.last_record_utc = record.finished_utc;
  }
  void operator()(const SessionRecord&) { recently.begin(); }
  void operator()(const ManifestRecord&) const {}
  void operator()(const FailureRecord&) const {}
  void operator()(const CompleteRecord&) const {}
};

}  // namespace

RunProgress run_progress(const std::filesystem::path& run) {
  const std::filesystem::path file = journal_path(run);
  RunProgress progress{.state = "not started"};
  if (!std::filesystem::exists(file)) return progress;
  const JournalContent content = read_journal(file);
  if (content.records.empty()) return progress;
  const Manifest manifest = manifest_of(content, file.string());
  check_records(manifest, std::span(content.records).subspan(1), file.string());
  const RecordCounts counts = count(content.records);
  if (counts.complete) progress.missing = missing_to_complete(run, manifest.run_uuid);
  progress.state = counts.complete && progress.missing.empty() ? "complete" : "unfinished";
  progress.evaluations = counts.evaluations + counts.trials;
  progress.answers = counts.answers;
  progress.failures = counts.failures.size();
  progress.sessions = counts.sessions;
  set_totals(progress, manifest);
  Tally tally{manifest, progress};
  for (const Record& record : content.records) std::visit(tally, record);
  tally.recently.set_rates(progress);
  return progress;
}

}  // namespace lorasweep
