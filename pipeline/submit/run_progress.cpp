// SPDX-License-Identifier: Apache-2.0
#include "pipeline/submit/run_progress.h"

#include "data/core/error.h"
#include "data/journal/journal.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/manifest/run_directory.h"

#include <variant>

namespace lorasweep {
namespace {

struct Count {
  RunProgress& progress;
  void operator()(const ManifestRecord&) {}
  void operator()(const SessionRecord&) { ++progress.sessions; }
  void operator()(const EvaluationRecord&) { ++progress.evaluations; }
  void operator()(const PredictionRecord&) { ++progress.answers; }
  void operator()(const FailureRecord&) { ++progress.failures; }
  void operator()(const CompleteRecord&) { progress.state = "complete"; }
};

void set_totals(RunProgress& progress, const Manifest& manifest, const std::string& where) {
  const auto test_size = [&](std::int32_t task) {
    if (task < 0 || static_cast<std::size_t>(task) >= manifest.tasks.size())
      throw InputError(where, "the manifest names a task that it does not have", "restore the journal from a backup");
    return manifest.tasks[static_cast<std::size_t>(task)].targets.size();
  };
  const auto budget = manifest.settings.value("/search/budget"_json_pointer, std::size_t{0});
  progress.evaluations_total = manifest.searches.size() * budget;
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
  const auto* first = std::get_if<ManifestRecord>(&content.records.front());
  if (first == nullptr)
    throw InputError(file.string(), "the journal does not begin with a manifest", "restore it from a backup");
  progress.state = "unfinished";
  for (const Record& record : content.records) std::visit(Count{progress}, record);
  set_totals(progress, manifest_from_json(first->json, file.string()), file.string());
  return progress;
}

}  // namespace lorasweep
