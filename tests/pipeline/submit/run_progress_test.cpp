// SPDX-License-Identifier: Apache-2.0
// Progress is counted from the journal alone.
#include "pipeline/submit/run_progress.h"

#include "data/core/error.h"
#include "data/journal/journal.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/manifest/run_directory.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <vector>

namespace lorasweep {
namespace {

Manifest manifest_of_two_searches() {
  Manifest manifest;
  manifest.config.search.budget = 40;
  manifest.config.search.seeds = {1, 2};
  manifest.tasks = {{.name = "a", .shot_tokens = {2}, .targets = {"x", "y", "z"}}};
  manifest.adapters = {{.name = "one"}};
  manifest.adapter_sets = {{0}};
  manifest.searches = {{.task = 0, .replicate = 0, .seed = 1}, {.task = 0, .replicate = 1, .seed = 2}};
  manifest.baselines = {{.task = 0}};
  return manifest;
}

TEST(RunProgress, OfNothingIsNotStarted) { EXPECT_EQ(run_progress(TemporaryFolder().path()).state, "not started"); }

TEST(RunProgress, CountsWhatTheJournalHolds) {
  const TemporaryFolder folder;
  const std::filesystem::path& run = folder.path();
  JournalWriter journal = JournalWriter::create(journal_path(run));
  journal.append(std::vector<Record>{ManifestRecord{to_json(manifest_of_two_searches())}, SessionRecord{"{}"},
                                     EvaluationRecord{.search = 0, .weights = {0}, .nll = {1}},
                                     EvaluationRecord{.search = 1, .weights = {0}, .nll = {1}}, PredictionRecord{},
                                     FailureRecord{.index = 1, .reason = "x"}});
  const RunProgress progress = run_progress(run);
  EXPECT_EQ(progress.state, "unfinished");
  EXPECT_EQ(progress.evaluations, 2u);
  EXPECT_EQ(progress.evaluations_total, 80u);
  EXPECT_EQ(progress.answers, 1u);
  EXPECT_EQ(progress.answers_total, 9u);
  EXPECT_EQ(progress.failures, 1u);
  EXPECT_EQ(progress.sessions, 1u);
  journal.append(std::vector<Record>{CompleteRecord{}});
  EXPECT_EQ(run_progress(run).state, "unfinished") << "its results are not there";
  EXPECT_EQ(run_progress(run).missing, "results.h5 is missing");
}

TEST(RunProgress, RefusesRecordsThatNoRunWrites) {
  const TemporaryFolder folder;
  const std::filesystem::path& run = folder.path();
  JournalWriter::create(journal_path(run))
      .append(std::vector<Record>{ManifestRecord{to_json(manifest_of_two_searches())}, PredictionRecord{.example = 3}});
  EXPECT_THROW(run_progress(run), InputError);
}

TEST(RunProgress, RefusesAManifestThatNamesNoSuchTask) {
  const TemporaryFolder folder;
  const std::filesystem::path& run = folder.path();
  Manifest manifest = manifest_of_two_searches();
  manifest.searches[1].task = 7;
  JournalWriter::create(journal_path(run)).append(std::vector<Record>{ManifestRecord{to_json(manifest)}});
  EXPECT_THROW(run_progress(run), InputError);
}

}  // namespace
}  // namespace lorasweep
