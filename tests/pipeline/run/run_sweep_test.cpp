// SPDX-License-Identifier: Apache-2.0
// Whole sweeps: the same values whoever computed them, in however many lives, in however many parts.
#include "pipeline/run/run_sweep.h"

#include "data/core/error.h"
#include "data/journal/journal.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/collect/collect_runs.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace lorasweep {
namespace {

using testing::HasSubstr;

class RunSweep : public SmallSweep {};

TEST_F(RunSweep, ValuesDoNotDependOnTheNumberOfWorkersOrTheirThreads) {
  ASSERT_EQ(run("one", {"run.workers=1"}), ExitCode::ok);
  ASSERT_EQ(run("three", {"run.workers=3"}), ExitCode::ok);
  ASSERT_EQ(run("threads", {"run.workers=1", "run.threads=2"}), ExitCode::ok);
  const std::string expected = digest(results_path(directory("one")));
  EXPECT_EQ(digest(results_path(directory("three"))), expected);
  EXPECT_EQ(digest(results_path(directory("threads"))), expected);
  EXPECT_TRUE(std::filesystem::exists(completion_marker(directory("one"))));
}

TEST_F(RunSweep, AJournalCutAnywhereIsContinuedToTheSameValues) {
  ASSERT_EQ(run("whole"), ExitCode::ok);
  const std::string expected = digest(results_path(directory("whole"))),
                    journal = read_file(journal_path(directory("whole")), 64u << 20);
  const std::size_t manifest_end = [&] {  // cuts inside the manifest start anew; those behind it continue
    return journal.find("queue_size") + 1;
  }();
  for (const std::size_t cut : {std::size_t{0}, std::size_t{20}, manifest_end, journal.size() / 5, journal.size() / 2,
                                journal.size() * 4 / 5, journal.size() - 1}) {
    const auto run_directory = directory("cut" + std::to_string(cut));
    std::filesystem::create_directories(run_directory);
    if (cut > 0) write_file_atomically(journal_path(run_directory), journal.substr(0, cut));
    EXPECT_EQ(run("cut" + std::to_string(cut), {"run.workers=2"}), ExitCode::ok) << cut;
    EXPECT_EQ(digest(results_path(run_directory)), expected) << cut;
  }
}

TEST_F(RunSweep, AJournalThatAnotherRunHasJustBegunIsLeftToIt) {
  std::filesystem::create_directories(directory("begun"));
  auto other = JournalWriter::create(journal_path(directory("begun")));  // locked; its manifest is not there yet
  EXPECT_THROW(run("begun"), StorageError);
  const Record first = FailureRecord{.of = Subject::search, .index = 0, .reason = "still mine"};
  other.append({&first, 1});
  EXPECT_EQ(read_journal(journal_path(directory("begun"))).records.size(), 1u);
}

TEST_F(RunSweep, AFinishedSweepIsNotComputedAgain) {
  ASSERT_EQ(run("done"), ExitCode::ok);
  const auto count = [&] { return read_journal(journal_path(directory("done"))).records.size(); };
  const std::size_t before = count();
  ASSERT_EQ(run("done"), ExitCode::ok);
  EXPECT_EQ(count(), before);
}

TEST_F(RunSweep, EveryMethodUsesExactlyItsBudgetAndIsResumable) {
  for (const std::string method : {"cma", "sep-cma", "probe", "greedy", "one-plus-one", "random"}) {
    ASSERT_EQ(run(method, {"search.method=" + method, "tasks.limit=4"}), ExitCode::ok);
    const SweepResults results = read_results(results_path(directory(method)));
    EXPECT_EQ(results.evaluations.step.size(), 2u * 2u * 23u) << method;
    const std::string journal = read_file(journal_path(directory(method)), 64u << 20);
    std::filesystem::create_directories(directory(method + "_again"));
    write_file_atomically(journal_path(directory(method + "_again")), journal.substr(0, journal.size() / 2));
    ASSERT_EQ(run(method + "_again", {"search.method=" + method, "tasks.limit=4"}), ExitCode::ok);
    EXPECT_EQ(digest(results_path(directory(method + "_again"))), digest(results_path(directory(method)))) << method;
  }
}

TEST_F(RunSweep, ChangedInputsAreRefusedByName) {
  ASSERT_EQ(run("r", {"tasks.limit=3", "search.budget=2"}), ExitCode::ok);
  const auto refusal = [&](std::vector<std::string> extra) -> std::string {
    try {
      run("r", std::move(extra));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal({"tasks.limit=3", "search.budget=5"}), HasSubstr("search.budget was 2 and is 5"));
  EXPECT_THAT(refusal({"tasks.limit=3", "search.budget=2", "tasks.names=queue_size"}), HasSubstr("truth_checking"));
  EXPECT_THAT(refusal({"tasks.limit=3", "search.budget=2", "model.dtype=bf16"}),
              HasSubstr("numerics.dtype was \"f32\" and is \"bf16\""));
  EXPECT_THAT(refusal({"tasks.limit=3", "search.budget=2", "tasks.prompt=Q: {input}"}), HasSubstr("prompt"));
}

TEST_F(RunSweep, ARunOfATimeBeforeASettingIsContinuedAsLongAsThatHasItsDefault) {
  ASSERT_EQ(run("whole"), ExitCode::ok);
  std::vector<Record> records = read_journal(journal_path(directory("whole"))).records;
  records.resize(records.size() / 2);
  auto manifest = nlohmann::ordered_json::parse(std::get<ManifestRecord>(records[0]).json);
  ASSERT_EQ(manifest["settings"]["search"].erase("population"), 1u);
  ASSERT_EQ(manifest["settings"]["predict"].erase("max_new_tokens"), 1u);
  records[0] = ManifestRecord{manifest.dump()};
  std::filesystem::create_directories(directory("older"));
  JournalWriter::create(journal_path(directory("older"))).append(records);

  try {
    run("older", {"search.population=1"});
    ADD_FAILURE() << "the new setting has another value than the run was made with";
  } catch (const InputError& error) {
    EXPECT_THAT(error.problem(), HasSubstr("search.population was 0 and is 1"));
  }
  EXPECT_EQ(run("older"), ExitCode::ok);
  EXPECT_EQ(digest(results_path(directory("older"))), digest(results_path(directory("whole"))));
}

TEST_F(RunSweep, ResumeModesSayWhetherARunMustOrMustNotBeThere) {
  const std::vector<std::string> tiny = {"tasks.limit=2", "search.budget=1"};
  EXPECT_THROW(run("r", tiny, ResumeMode::require), ConfigError);
  EXPECT_EQ(run("r", tiny, ResumeMode::never), ExitCode::ok);
  EXPECT_THROW(run("r", tiny, ResumeMode::never), ConfigError);
  EXPECT_EQ(run("r", tiny, ResumeMode::require), ExitCode::ok);
}

TEST_F(RunSweep, ADamagedJournalIsRefusedAndLeftAlone) {
  const std::vector<std::string> tiny = {"tasks.limit=2", "search.budget=3"};
  ASSERT_EQ(run("r", tiny), ExitCode::ok);
  std::string journal = read_file(journal_path(directory("r")), 64u << 20);
  journal[journal.size() / 2] ^= 1;
  write_file_atomically(journal_path(directory("r")), journal);
  EXPECT_THROW(run("r", tiny), InputError);
  EXPECT_EQ(read_file(journal_path(directory("r")), 64u << 20), journal);
}

TEST_F(RunSweep, PartsAreMergedIntoTheWholeAndAMissingOneIsMissed) {
  ASSERT_EQ(run("whole"), ExitCode::ok);
  std::vector<std::filesystem::path> parts;
  for (const std::string part : {"1", "2", "3"}) {
    ASSERT_EQ(run("part" + part, {"run.part=" + part + "/3"}), ExitCode::ok);
    parts.push_back(directory("part" + part));
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(collect_runs({parts[2], parts[0], parts[1], parts[0]}, folder / "merged.h5"), ExitCode::ok);
  EXPECT_EQ(digest(folder / "merged.h5"), digest(results_path(directory("whole"))));
  EXPECT_EQ(collect_runs({parts[0], parts[2]}, folder / "holes.h5"), ExitCode::failed_units);
  testing::internal::GetCapturedStdout();
  const SweepResults holes = read_results(folder / "holes.h5");
  EXPECT_FALSE(holes.complete);
  EXPECT_GT(std::ranges::count(holes.summary.status, static_cast<std::int8_t>(SearchStatus::missing)), 0);
}

TEST_F(RunSweep, RunsThatContradictEachOtherAreNotMerged) {
  const std::vector<std::string> tiny = {"tasks.limit=2", "search.budget=2", "tasks.names=queue_size"};
  auto with = [&](const std::string& flag) {
    std::vector<std::string> flags = tiny;
    flags.push_back(flag);
    return flags;
  };
  ASSERT_EQ(run("a", tiny), ExitCode::ok);
  ASSERT_EQ(run("b", with("search.l1=0.1")), ExitCode::ok);
  ASSERT_EQ(run("c", with("search.seeds=7")), ExitCode::ok);
  EXPECT_THROW(build_results({read_run(directory("a")), read_run(directory("b"))}), InputError);
  // The same search with another value: a record of run c is put into a copy of it with one bit changed.
  RunRecords c = read_run(directory("c")), forged = c;
  for (Record& record : forged.records)
    if (auto* evaluation = std::get_if<EvaluationRecord>(&record)) evaluation->nll[0] += 1e-9;
  EXPECT_THROW(build_results({c, forged}), InputError);
  EXPECT_EQ(build_results({read_run(directory("a")), c}).summary.seed, (std::vector<std::int64_t>{1, 2, 7}));
}

TEST_F(RunSweep, PartsOfOtherNumericsOrAnotherLimitAreNotMerged) {
  const std::vector<std::string> tiny = {"tasks.limit=2", "search.budget=2", "tasks.names=queue_size"};
  ASSERT_EQ(run("a", tiny), ExitCode::ok);
  std::vector<std::string> longer = tiny;
  longer[0] = "tasks.limit=3";
  ASSERT_EQ(run("b", longer), ExitCode::ok);
  const RunRecords a = read_run(directory("a"));
  const auto refusal = [&](const std::vector<RunRecords>& runs) -> std::string {
    try {
      build_results(runs);
    } catch (const InputError& error) {
      return error.problem();
    }
    return "merged";
  };
  const auto altered = [&](auto change) {
    RunRecords other = a;
    other.where = "other";
    change(other.manifest);
    return other;
  };
  EXPECT_THAT(refusal({a, read_run(directory("b"))}), HasSubstr("tasks.limit was 2 and is 3"));
  EXPECT_THAT(refusal({a, altered([](Manifest& m) { m.revision += 1; })}), HasSubstr("numerics.revision"));
  EXPECT_THAT(refusal({a, altered([](Manifest& m) { m.device = "cpu, another"; })}), HasSubstr("numerics.device"));
  const RunRecords unchecked = altered([](Manifest&m) { m.check.clear(); }),
                   otherwise = altered([](Manifest&m) { m.check = "other bits"; });
  EXPECT_THAT(refusal({a, otherwise}), HasSubstr("numerics.check"));
  EXPECT_EQ(refusal({unchecked, a}), "merged");
  EXPECT_THAT(refusal({unchecked, a, otherwise}), HasSubstr("numerics.check")) << "whatever stands between them";
  EXPECT_THAT(refusal({a, altered([](Manifest& m) { m.tasks[0].targets.push_back("more"); })}),
              HasSubstr("queue_size"));
  const auto numerics = nlohmann::ordered_json::parse(build_results({unchecked, a}).provenance.at("numerics"));
  EXPECT_EQ(numerics["check"], a.manifest.check);
  EXPECT_EQ(numerics["revision"], a.manifest.revision);
  EXPECT_EQ(numerics["device"], a.manifest.device);
  EXPECT_EQ(numerics["dtype"], "f32");
}

TEST_F(RunSweep, WhatIsLostIsInTheResultsAsFarAsAnyPartKnowsIt) {
  const std::vector<std::string> tiny = {"tasks.limit=2", "search.budget=2", "tasks.names=queue_size",
                                         "predict.baselines=[]"};
  ASSERT_EQ(run("a", tiny), ExitCode::ok);
  RunRecords a = read_run(directory("a")), older = a, few_shot = a;
  ASSERT_TRUE(a.manifest.tasks[0].cut);
  EXPECT_EQ(a.manifest.adapters[0].sites, 14);
  EXPECT_EQ(a.manifest.adapters[0].idle_sites, 0);
  a.manifest.tasks[0].cut = {.shots = {0, 4}, .shot_targets = {3}, .test = {1}, .few_shot = {}};
  few_shot.manifest.tasks[0].cut = {.shots = {0, 4}, .shot_targets = {3}, .test = {1}, .few_shot = {{0, 1}}};
  few_shot.manifest.adapters[0].idle_sites = a.manifest.adapters[0].idle_sites = 5;
  older.manifest.tasks[0].cut.reset();
  for (Manifest::Adapter& adapter : older.manifest.adapters) adapter.sites = adapter.idle_sites = -1;
  const SweepResults known = build_results({older, a, few_shot}), unknown = build_results({older});
  EXPECT_EQ(known.summary.n_cut_shots, std::vector<std::int32_t>{2});
  EXPECT_EQ(known.summary.n_cut_shot_targets, std::vector<std::int32_t>{1});
  EXPECT_EQ(known.summary.n_cut_test, std::vector<std::int32_t>{1});
  EXPECT_EQ(known.summary.n_cut_few_shot, std::vector<std::int32_t>{2});
  EXPECT_EQ(known.adapters.n_idle_sites[0], 5);
  ASSERT_EQ(known.predictions.input_cut.size(), 4u);
  for (std::size_t row = 0; row < 4; ++row)
    EXPECT_EQ(known.predictions.input_cut[row], known.predictions.example_index[row] == 1 ? 1 : 0);
  EXPECT_EQ(build_results({a}).summary.n_cut_few_shot, std::vector<std::int32_t>{-1}) << "nobody asked with shots";
  EXPECT_EQ(unknown.summary.n_cut_test, std::vector<std::int32_t>{-1});
  EXPECT_EQ(unknown.adapters.n_sites[0], -1);
  for (const std::int8_t cut : unknown.predictions.input_cut)
    EXPECT_EQ(cut, static_cast<std::int8_t>(InputCut::unknown));
  EXPECT_EQ(unknown.summary.n_finished, std::vector<std::int32_t>{2});
}

TEST_F(RunSweep, ObjectivesThatAreNotFiniteAreRecordedAndNeverTheAnswer) {
  // Weights beyond f32's range overflow; w = 0, which every method tries first, does not: so it is the answer, and
  // nothing fails.
  ASSERT_EQ(run("huge", {"search.bounds=-1e30,1e30", "search.method=random", "search.budget=4"}), ExitCode::ok);
  const SweepResults results = read_results(results_path(directory("huge")));
  EXPECT_GT(std::ranges::count(results.evaluations.status, static_cast<std::int8_t>(EvaluationStatus::not_finite)), 0);
  for (const std::int32_t step : results.summary.best_step) EXPECT_EQ(step, 0);
}

TEST_F(RunSweep, AllBrokenInputsAreNamedAtOnce) {
  try {
    run("r", {"tasks.names=queue_size,no_such_task", "model.path=/nowhere/at/all", "adapters.list=/nowhere/list.txt"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/at/all"));
    EXPECT_THAT(error.what(), HasSubstr("list.txt"));
  }
  EXPECT_FALSE(std::filesystem::exists(directory("r"))) << "nothing is made before the inputs are known to be good";
}

}  // namespace
}  // namespace lorasweep
