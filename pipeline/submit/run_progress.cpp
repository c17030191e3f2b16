// SPDX-License-Identifier: Apache-2.0
// Compares what the journal holds with what its manifest plans.
#include "pipeline/submit/run_progress.h"

#include "data/journal/journal.h"
#include "pipeline/manifest/completion.h"
#include "pipeline/manifest/run_checks.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"

#include <span>

namespace lorasweep {
namespace {

// The manifest's indices are within its lists: that was checked when it was read.
void set_totals(RunProgress& progress, const Manifest& manifest) {
  const auto test_size = [&](std::int32_t task) { return manifest.tasks[task].targets.size(); };
  progress.evaluations_total = manifest.searches.size() * search_budget(manifest);
  for (const Manifest::Trials& trials : manifest.trials) progress.evaluations_total += trials.positions.size();
  for (const Manifest::Search& search : manifest.searches) progress.answers_total += test_size(search.task);
  for (const Manifest::Baseline& baseline : manifest.baselines) progress.answers_total += test_size(baseline.task);
}

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
  return progress;
}

}  // namespace lorasweep
