// SPDX-License-Identifier: Apache-2.0
// A run and its directory: one owner, who notices when it is not its own any more, and COMPLETE beside its own results
// only.
#include "data/journal/journal.h"
#include "data/results/results_reader.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"
#include "tests/pipeline/cli/program.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include <chrono>
#include <functional>
#include <future>
#include <sstream>
#include <thread>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class RunFolder : public Program {
 protected:
  /// A sweep of one search; `budget` evaluations.
  std::vector<std::string> words(const fs::path& out, int budget) const {
    std::vector<std::string> all = {"run", (demo / "sweep.toml").string(), "--out", out.string()};
    for (const std::string& setting :
         {std::string("tasks.names=queue_size"), std::string("tasks.limit=3"), std::string("search.seeds=1"),
          std::string("search.method=random"), std::string("adapters.count=4"), std::string("predict.baselines="),
          std::string("run.workers=1"), "search.budget=" + std::to_string(budget)}) {
      all.push_back("--set");
      all.push_back(setting);
    }
    return all;
  }
  CommandResult run(const fs::path& out, int budget = small) const { return lorasweep(words(out, budget)); }

  /// As run(), with variables of its environment set.
  CommandResult run_with(const std::vector<std::string>& variables, const fs::path& out, int budget = small) const {
    std::vector<std::string> all = {"env"};
    all.insert(all.end(), variables.begin(), variables.end());
    all.emplace_back(LORASWEEP_PROGRAM);
    for (const std::string& word : words(out, budget)) all.push_back(word);
    return run_command(all, std::chrono::seconds(120));
  }

  static bool has_computed(const fs::path& out, std::size_t evaluations) {
    try {
      return fs::exists(journal_path(out)) && count(read_journal(journal_path(out)).records).evaluations >= evaluations;
    } catch (const std::exception&) {
      return false;  // it is being made, or was just renamed
    }
  }
  static void await(const std::function<bool()>& condition) {
    const auto end = Clock::now() + std::chrono::seconds(60);
    while (!condition() && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(condition());
  }

  /// What becomes of a run to which that happens while it computes.
  CommandResult disturbed(const std::function<void(const fs::path& out)>& disturb) const {
    const fs::path out = folder / "runs" / "disturbed";
    auto ended = std::async(std::launch::async, [&] { return run(out, endless); });
    await([&] { return has_computed(out, 3); });
    disturb(out);
    const auto since = Clock::now();
    CommandResult result = ended.get();
    EXPECT_LT(Clock::now() - since, std::chrono::seconds(10));
    return result;
  }

  nlohmann::json status_of(const fs::path& out) const {
    const CommandResult answer = lorasweep({"status", "--json", out.string()});
    EXPECT_EQ(answer.status, 0) << answer.err;
    return nlohmann::json::parse(answer.out).at("runs").at(0);
  }
  nlohmann::json inspected(const fs::path& out) const {
    const CommandResult answer = lorasweep({"inspect", "--json", out.string()});
    EXPECT_EQ(answer.status, 0) << answer.err;
    return nlohmann::json::parse(answer.out);
  }
  void expect_complete(const fs::path& out) const {
    EXPECT_EQ(status_of(out).at("state"), "complete");
    EXPECT_EQ(inspected(out).at("state"), "complete");
    const std::string run = read_run(out).manifest.run_uuid;
    EXPECT_EQ(text_of(completion_marker(out)), run + "\n");
    EXPECT_EQ(run_uuid_of_results(results_path(out)), run);
  }
  void expect_unfinished(const fs::path& out, const std::string& missing) const {
    EXPECT_EQ(status_of(out).at("state"), "unfinished");
    EXPECT_EQ(status_of(out).at("missing"), missing);
    EXPECT_THAT(inspected(out).at("state").get<std::string>(), HasSubstr(missing));
  }

  static constexpr int small = 5, long_enough = 500, endless = 1000000;
};

// --- one owner ------------------------------------------------------------------------------------

TEST_F(RunFolder, OfManyStartsAtOneInstantOneRunsAndTheOthersAreRefused) {
  for (int round = 0; round < 2; ++round) {
    const fs::path out = folder / ("out" + std::to_string(round));
    std::vector<std::future<CommandResult>> starts;
    for (int i = 0; i < 6; ++i) starts.push_back(std::async(std::launch::async, [&] { return run(out, long_enough); }));
    int owners = 0;
    for (auto& start : starts) {
      const CommandResult result = start.get();
      owners += result.status == 0;
      EXPECT_TRUE(result.status == 0 || result.status == 5) << result.status << ": " << result.err;
    }
    EXPECT_EQ(owners, 1);
    EXPECT_EQ(count(read_journal(journal_path(out)).records).evaluations, std::size_t{long_enough});
    expect_complete(out);
  }
}

// Two nodes that do not see each other's locks: whoever finds other bytes than its own leaves, and the journal stays
// whole.
TEST_F(RunFolder, WhereLocksAreGrantedToEverybodyASecondRunEndsTheLatestWhenItAppends) {
  const fs::path out = folder / "out";
  const std::string blind = std::string("LD_PRELOAD=") + BLIND_LOCKS;
  auto first = std::async(std::launch::async, [&] { return run_with({blind}, out, long_enough); });
  await([&] { return has_computed(out, 3); });
  const CommandResult second = run_with({blind}, out, long_enough);
  EXPECT_EQ(second.status, 5) << second.err;
  EXPECT_EQ(first.get().status, 0);
  EXPECT_EQ(count(read_journal(journal_path(out)).records).evaluations, std::size_t{long_enough});
  expect_complete(out);
}

TEST_F(RunFolder, WhereThereAreNoLocksNothingIsRun) {
  const CommandResult result =
      run_with({std::string("LD_PRELOAD=") + BLIND_LOCKS, "BLIND_LOCKS=refused"}, folder / "out", small);
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_THAT(result.err, HasSubstr("cannot be locked"));
}

TEST_F(RunFolder, ARunWhoseJournalIsRemovedEnds) {
  const CommandResult result = disturbed([](const fs::path& out) { fs::remove(journal_path(out)); });
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_THAT(result.err, HasSubstr("was removed"));
}

TEST_F(RunFolder, ARunWhoseJournalIsReplacedByACopyEndsAndLeavesTheCopyAlone) {
  std::string copied;
  const CommandResult result = disturbed([&](const fs::path& out) {
    fs::copy_file(journal_path(out), out / "copy");
    copied = text_of(out / "copy");
    fs::rename(out / "copy", journal_path(out));
  });
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_THAT(result.err, HasSubstr("was replaced"));
  EXPECT_EQ(text_of(journal_path(folder / "runs" / "disturbed")), copied);
}

TEST_F(RunFolder, ARunWhoseJournalIsCutOrWrittenByOthersEnds) {
  EXPECT_EQ(disturbed([](const fs::path& out) { fs::resize_file(journal_path(out), 40); }).status, 5);
  fs::remove_all(folder / "runs");
  const CommandResult result = disturbed(
      [](const fs::path& out) { std::ofstream(journal_path(out), std::ios::app | std::ios::binary) << "more"; });
  EXPECT_EQ(result.status, 5);
  EXPECT_THAT(result.err, HasSubstr("somebody else changed it"));
}

TEST_F(RunFolder, ARunWhoseDirectoryIsRemovedOrRenamedOrReplacedEnds) {
  const fs::path aside = folder / "aside";
  EXPECT_EQ(disturbed([](const fs::path& out) { fs::remove_all(out); }).status, 5);
  EXPECT_FALSE(fs::exists(folder / "runs" / "disturbed")) << "it was made again";
  EXPECT_EQ(disturbed([&](const fs::path& out) { fs::rename(out, aside); }).status, 5);
  fs::remove_all(aside);
  EXPECT_EQ(disturbed([&](const fs::path& out) {
              fs::rename(out, aside);
              fs::create_directory(out);
            }).status,
            5);
  EXPECT_TRUE(fs::is_empty(folder / "runs" / "disturbed")) << "results of a run that is not there";
  fs::remove_all(folder / "runs");
  EXPECT_EQ(disturbed([&](const fs::path& out) { fs::rename(out.parent_path(), folder / "moved"); }).status, 5);
}

TEST_F(RunFolder, ARunBelowALinkEndsWhenTheLinkLeadsElsewhere) {
  const fs::path runs = folder / "runs", out = runs / "disturbed";
  fs::create_directories(runs);
  for (const char* place : {"here", "there"}) fs::create_directory(folder / place);
  fs::create_directory_symlink(folder / "here", out);
  const CommandResult result = disturbed([&](const fs::path&) {
    fs::create_directory_symlink(folder / "there", runs / "new");
    fs::rename(runs / "new", out);
  });
  EXPECT_EQ(result.status, 5);
  EXPECT_TRUE(fs::is_empty(folder / "there"));
}

// Nothing arrives that could be appended: the owner looks by itself.
TEST_F(RunFolder, ARunThatWaitsForItsWorkersNoticesThatItsJournalIsGone) {
  const fs::path out = folder / "out", pids = folder / "pids";
  fs::create_directory(pids);
  std::vector<std::string> all = {MPIEXEC,
                                  "--oversubscribe",
                                  "--allow-run-as-root",
                                  "--bind-to",
                                  "none",
                                  "-n",
                                  "2",
                                  "sh",
                                  "-c",
                                  "if [ $OMPI_COMM_WORLD_RANK = 0 ]; then \"$@\"; code=$?; echo $code >\"$0/code\"; "
                                  "exit $code; fi; echo $$ >\"$0/1\"; exec \"$@\"",
                                  pids.string(),
                                  LORASWEEP_PROGRAM};
  for (const std::string& word : words(out, endless)) all.push_back(word);
  auto ended = std::async(std::launch::async, [&] { return run_command(all, std::chrono::seconds(60)); });
  await([&] { return has_computed(out, 3); });
  const pid_t worker = std::stoi(text_of(pids / "1"));
  ASSERT_EQ(kill(worker, SIGSTOP), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // what was under way has arrived
  fs::remove(journal_path(out));
  const auto since = Clock::now();
  const CommandResult result = ended.get();
  kill(worker, SIGKILL);
  EXPECT_LT(Clock::now() - since, std::chrono::seconds(10));
  EXPECT_EQ(text_of(pids / "code"), "5\n") << result.err;
  EXPECT_EQ(result.status, 128 + SIGKILL) << "mpiexec's code is that of the stopped worker, which the run ended";
  EXPECT_THAT(result.err, HasSubstr("was removed"));
}

// --- what the run will need ------------------------------------------------------------------------

TEST_F(RunFolder, DescriptorsDoNotGrowWithTheLibraryAndTooFewAreSaidBeforeAnythingIsComputed) {
  const auto limited = [&](const std::string& limit, const fs::path& out) {
    std::vector<std::string> all = {"sh", "-c", "ulimit " + limit + " && exec \"$0\" \"$@\"", LORASWEEP_PROGRAM};
    for (const std::string& word : words(out, small)) all.push_back(word);
    return run_command(all, std::chrono::seconds(60));
  };
  const CommandResult enough = limited("-n 28", folder / "enough");  // the library has 31 adapters
  EXPECT_EQ(enough.status, 0) << enough.err;
  for (const std::string few : {"-n 20", "-n 10"}) {
    const CommandResult result = limited(few, folder / "out");
    EXPECT_EQ(result.status, 5) << few << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr("ulimit -n"));
    EXPECT_FALSE(fs::exists(journal_path(folder / "out"))) << few;
  }
  EXPECT_EQ(limited("-Sn 20", folder / "soft").status, 0) << "the hard limit is higher";
}

// --- one task of many -----------------------------------------------------------------------------

TEST_F(RunFolder, AProcessThatIsOneOfManyAndFindsNoOtherIsRefused) {
  for (const std::string variable : {"SLURM_STEP_NUM_TASKS", "PMI_SIZE"}) {
    const CommandResult result = run_with({variable + "=4", "SLURM_PROCID=0"}, folder / "out");
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(variable + "=4"));
    EXPECT_FALSE(fs::exists(folder / "out"));
  }
}

TEST_F(RunFolder, AProcessThatIsTheOnlyTaskOfItsStepRunsWhateverTheAllocationHas) {
  EXPECT_EQ(run_with({"SLURM_NTASKS=4", "SLURM_STEP_NUM_TASKS=1", "SLURM_PROCID=0"}, folder / "one").status, 0);
  EXPECT_EQ(run_with({"SLURM_NTASKS=4", "SLURM_TASKS_PER_NODE=4", "SLURM_PROCID=0"}, folder / "batch").status, 0);
  EXPECT_EQ(run_with({"SLURM_STEP_NUM_TASKS=many"}, folder / "nonsense").status, 0);
}

TEST_F(RunFolder, WhatMpirunStartedRunsInAStepOfManyTasks) {
  for (const std::string ranks : {"1", "3"}) {
    const fs::path out = folder / ("of" + ranks);
    // The ranks get them, and mpirun does not: it would ask a SLURM that is not there.
    std::vector<std::string> all = {
        MPIEXEC, "--oversubscribe",        "--allow-run-as-root", "--bind-to",  "none",           "-n", ranks,
        "env",   "SLURM_STEP_NUM_TASKS=4", "SLURM_NTASKS=4",      "PMI_SIZE=4", LORASWEEP_PROGRAM};
    for (const std::string& word : words(out, small)) all.push_back(word);
    const CommandResult result = run_command(all, std::chrono::seconds(60));
    EXPECT_EQ(result.status, 0) << result.err;
  }
}

// --- COMPLETE -------------------------------------------------------------------------------------

TEST_F(RunFolder, ARunIsCompleteOnlyWithItsOwnResultsAndItsOwnMark) {
  const fs::path out = folder / "out", other = folder / "other";
  ASSERT_EQ(run(out).status, 0);
  ASSERT_EQ(run(other).status, 0);
  expect_complete(out);

  fs::remove(completion_marker(out));
  expect_unfinished(out, "COMPLETE is missing");
  std::ofstream(completion_marker(out)) << read_run(other).manifest.run_uuid << "\n";
  expect_unfinished(out, "COMPLETE is of another run");
  ASSERT_EQ(run(out).status, 0);
  expect_complete(out);

  fs::copy_file(results_path(other), results_path(out), fs::copy_options::overwrite_existing);
  expect_unfinished(out, "results.h5 is of another run");
  std::ofstream(results_path(out)) << "no HDF5";
  expect_unfinished(out, "results.h5 cannot be read");
  fs::remove(results_path(out));
  expect_unfinished(out, "results.h5 is missing");
  ASSERT_EQ(run(out).status, 0);
  expect_complete(out);
}

TEST_F(RunFolder, ACompleteOfAnEarlierRunDoesNotOutliveItsJournal) {
  const fs::path out = folder / "out";
  ASSERT_EQ(run(out).status, 0);
  const std::string earlier = text_of(completion_marker(out));
  fs::remove(journal_path(out));
  auto ended = std::async(std::launch::async, [&] { return run(out, long_enough); });
  bool together = false;
  while (ended.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
    together = together || (has_computed(out, 1) && text_of(completion_marker(out)) == earlier);
  EXPECT_EQ(ended.get().status, 0);
  EXPECT_FALSE(together);
  EXPECT_NE(text_of(completion_marker(out)), earlier);
  expect_complete(out);
}

TEST_F(RunFolder, ACompleteOfMoreThanTheJournalHoldsIsTakenAwayBeforeAnythingIsAppended) {
  const fs::path out = folder / "out";
  ASSERT_EQ(run(out, long_enough).status, 0);
  const auto cut = fs::file_size(journal_path(out)) / 2;
  fs::resize_file(journal_path(out), cut);
  auto ended = std::async(std::launch::async, [&] { return run(out, long_enough); });
  await([&] { return fs::file_size(journal_path(out)) > cut; });
  const bool together = fs::exists(completion_marker(out));
  EXPECT_EQ(ended.get().status, 0);
  EXPECT_FALSE(together);
  expect_complete(out);
}

TEST_F(RunFolder, WhatStandsInTheWayOfTheResultsIsSaidBeforeAnythingIsComputed) {
  for (const std::string name : {"results.h5", "COMPLETE"}) {
    const fs::path out = folder / name;
    fs::create_directories(out / name);
    const CommandResult result = run(out);
    EXPECT_EQ(result.status, 5) << result.err;
    EXPECT_THAT(result.err, HasSubstr((out / name).string()));
    EXPECT_FALSE(fs::exists(journal_path(out)));
  }
}

TEST_F(RunFolder, TemporaryFilesOfProcessesThatAreNoMoreAreRemoved) {
  const fs::path out = folder / "out";
  ASSERT_EQ(run(out).status, 0);
  const std::string gone = ".999999999.tmp", alive = "." + std::to_string(getpid()) + ".tmp";
  for (const std::string& name : {"results.h5" + gone, "COMPLETE" + gone, "results.h5" + alive,
                                  std::string("results.h5.notes.tmp"), "mine" + gone})
    std::ofstream(out / name) << name;
  ASSERT_EQ(run(out).status, 0);
  EXPECT_FALSE(fs::exists(out / ("results.h5" + gone)));
  EXPECT_FALSE(fs::exists(out / ("COMPLETE" + gone)));
  EXPECT_TRUE(fs::exists(out / ("results.h5" + alive)));
  EXPECT_TRUE(fs::exists(out / "results.h5.notes.tmp"));
  EXPECT_TRUE(fs::exists(out / ("mine" + gone)));
}

}  // namespace
}  // namespace lorasweep
