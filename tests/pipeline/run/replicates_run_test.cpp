// SPDX-License-Identifier: Apache-2.0
// What the searches of a task differ in: seeds, where these decide something, and draws of shots.
#include "data/journal/journal.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/collect/collect_runs.h"
#include "tests/pipeline/run/half_a_run.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <set>

namespace lorasweep {
namespace {

class ReplicatesOfARun : public SmallSweep {
 protected:
  static constexpr auto short_search = "search.budget=3";
  static constexpr auto few = "adapters.names=tiny_flan-count_v1,tiny_flan-copy_v2";
  SweepResults results(const std::string& name) const { return read_results(results_path(directory(name))); }
};

TEST_F(ReplicatesOfARun, ThatASeedCannotChangeAreComputedOnce) {
  ASSERT_EQ(run("r", {short_search, "adapters.select=named", few}), ExitCode::ok);
  const SweepResults r = results("r");
  EXPECT_EQ(r.summary.seed, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(r.evaluations.step.size(), 2u * 3u);
  EXPECT_TRUE(r.complete);
  ASSERT_EQ(run("cma", {short_search, "adapters.select=named", few, "search.method=cma"}), ExitCode::ok);
  EXPECT_EQ(results("cma").summary.seed, (std::vector<std::int64_t>{1, 2})) << "its points depend on the seed";
}

// A journal as versions before wrote it: every seed's search, and no number of replicates.
TEST_F(ReplicatesOfARun, OfARunThatHasAllSeedsAreContinuedAsTheyWereBegun) {
  const std::vector<std::string> flags = {short_search, "adapters.select=named", few};
  ASSERT_EQ(run("now", flags), ExitCode::ok);
  std::vector<Record> records = read_journal(journal_path(directory("now"))).records;
  auto manifest = nlohmann::ordered_json::parse(std::get<ManifestRecord>(records[0]).json);
  ASSERT_EQ(manifest.erase("replicates"), 1u);
  ASSERT_EQ(manifest["searches"].size(), 2u);
  auto searches = nlohmann::ordered_json::array();
  for (int task = 0; task < 2; ++task)
    for (int replicate = 0; replicate < 2; ++replicate) {
      searches.push_back(manifest["searches"][task]);
      searches.back()["replicate"] = replicate;
      searches.back()["seed"] = replicate + 1;
    }
  manifest["searches"] = searches;
  std::filesystem::create_directories(directory("older"));
  const Record first = ManifestRecord{manifest.dump()};
  JournalWriter::create(journal_path(directory("older"))).append({&first, 1});
  ASSERT_EQ(run("older", flags), ExitCode::ok);
  const SweepResults r = results("older");
  EXPECT_EQ(r.summary.seed, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(r.evaluations.step.size(), 2u * 2u * 3u);
  EXPECT_EQ(r.summary.best_objective[0], r.summary.best_objective[1]);
  EXPECT_EQ(r.summary.best_objective[0], results("now").summary.best_objective[0]);
}

TEST_F(ReplicatesOfARun, HaveOtherShotsWhereThereAreSeveralShotSeeds) {
  const std::vector<std::string> flags = {short_search, "adapters.select=named", few, "search.seeds=1"};
  const auto with = [&](const std::string& flag) {
    std::vector<std::string> all = flags;
    all.push_back(flag);
    return all;
  };
  ASSERT_EQ(run("both", with("tasks.shot_seed=42,7")), ExitCode::ok);
  ASSERT_EQ(run("first", with("tasks.shot_seed=42")), ExitCode::ok);
  ASSERT_EQ(run("second", with("tasks.shot_seed=7")), ExitCode::ok);
  const SweepResults both = results("both"), first = results("first"), second = results("second");
  EXPECT_EQ(both.summary.seed, (std::vector<std::int64_t>{1, 1}));
  for (std::size_t task = 0; task < 2; ++task) {
    EXPECT_EQ(both.summary.best_objective[2 * task], first.summary.best_objective[task]);
    EXPECT_EQ(both.summary.best_objective[2 * task + 1], second.summary.best_objective[task]);
    EXPECT_NE(both.summary.best_objective[2 * task], both.summary.best_objective[2 * task + 1]);
    EXPECT_EQ(both.summary.accuracy[2 * task + 1], second.summary.accuracy[task]) << "the pool keeps the test set";
  }
  const std::set<std::string> keys(both.evaluations.eval_key.begin(), both.evaluations.eval_key.end());
  EXPECT_EQ(keys.size(), 2u * 2u * 3u) << "an evaluation is known by its shots, too";
  for (const SweepResults* alone : {&first, &second})
    for (const std::string& key : alone->evaluations.eval_key) EXPECT_TRUE(keys.contains(key));
}

TEST_F(ReplicatesOfARun, OfSeveralShotSeedsAreResumedAndMerged) {
  const std::vector<std::string> flags = {"tasks.shot_seed=42,7", "search.budget=5"};
  ASSERT_EQ(run("whole", flags), ExitCode::ok);
  leave_half(directory("whole"), directory("half"));
  ASSERT_EQ(run("half", flags), ExitCode::ok);
  EXPECT_EQ(digest(results_path(directory("half"))), digest(results_path(directory("whole"))));
  std::vector<std::filesystem::path> parts;
  for (const std::string part : {"1", "2"}) {
    ASSERT_EQ(run("part" + part, {flags[0], flags[1], "run.part=" + part + "/2"}), ExitCode::ok);
    parts.push_back(directory("part" + part));
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(collect_runs(parts, folder / "merged.h5"), ExitCode::ok);
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(digest(folder / "merged.h5"), digest(results_path(directory("whole"))));
}

}  // namespace
}  // namespace lorasweep
