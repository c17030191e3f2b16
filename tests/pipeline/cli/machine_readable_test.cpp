// SPDX-License-Identifier: Apache-2.0
// --json prints one document of a named form to stdout; --quiet and --log-level say how much goes to stderr.
#include "tests/pipeline/cli/program.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>

namespace lorasweep {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class MachineReadable : public Program {
 protected:
  // A sweep of the demo: one task with four test examples, searches of three evaluations with three adapters.
  std::vector<std::string> small(const std::string& command, std::vector<std::string> more) const {
    std::vector<std::string> words = {command, (demo / "sweep.toml").string(), "--out", (folder / "run").string()};
    for (const char* setting : {"tasks.names=queue_size", "tasks.limit=4", "search.budget=3", "search.seeds=1",
                                "adapters.count=3", "run.workers=1"}) {
      words.emplace_back("--set");
      words.emplace_back(setting);
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::vector<std::string> small_run(std::vector<std::string> more) const { return small("run", std::move(more)); }
  static nlohmann::json document(const CommandResult& answer, const std::string& schema) {
    const auto json = nlohmann::json::parse(answer.out);
    EXPECT_EQ(json.at("schema"), schema);
    return json;
  }
  // Where `sbatch` accepts all jobs: 4711 is the first, 4712 waits for it.
  CommandResult with_sbatch(std::vector<std::string> words) const {
    const std::filesystem::path sbatch =
        write("bin/sbatch", "#!/bin/sh\ncase \"$*\" in *afterany:4711*) echo 4712 ;; *) echo 4711 ;; esac\n");
    std::filesystem::permissions(sbatch, std::filesystem::perms::owner_all);
    const std::vector<std::string> program = {
        "env", "PATH=" + sbatch.parent_path().string() + ":/usr/local/bin:/usr/bin:/bin", LORASWEEP_PROGRAM};
    words.insert(words.begin(), program.begin(), program.end());
    return run_command(words, std::chrono::seconds(120));
  }
  static std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

TEST_F(MachineReadable, OfARunFromItsBeginToItsEnd) {
  const CommandResult loud = lorasweep(small_run({"--set", "search.seeds=2"}));
  EXPECT_EQ(loud.status, 0);
  EXPECT_THAT(loud.err, HasSubstr("evaluations 0/3")) << "a log begins with the first line of progress";
  EXPECT_THAT(loud.err, Not(HasSubstr("\x1b")));
  std::filesystem::remove_all(folder / "run");

  const CommandResult quiet = lorasweep(small_run({"--quiet"}));
  EXPECT_EQ(quiet.status, 0);
  EXPECT_THAT(quiet.err, IsEmpty());
  EXPECT_THAT(quiet.out, HasSubstr("results: "));

  const auto status = document(lorasweep({"status", "--json", (folder / "run").string()}), "lorasweep.status/1");
  EXPECT_EQ(status.at("runs").at(0).at("state"), "complete");
  EXPECT_EQ(status.at("runs").at(0).at("life").at("state"), "ended");
  EXPECT_EQ(status.at("runs").at(0).at("tasks").at(0).at("evaluations"), 3);

  const std::string collected = (folder / "all.h5").string();
  const CommandResult collect = lorasweep({"collect", "--json", (folder / "run").string(), "-o", collected});
  EXPECT_EQ(collect.status, 0) << collect.err;
  const auto merged = document(collect, "lorasweep.collect/1");
  EXPECT_EQ(merged.at("complete"), true);
  EXPECT_EQ(merged.at("results"), collected);
  EXPECT_EQ(merged.at("tasks"), nlohmann::json({"queue_size"}));
}

TEST_F(MachineReadable, OfASweepBeforeItRuns) {
  const std::filesystem::path tasks = folder / "tasks", stray = write("tasks/stray.dat", "?");
  std::filesystem::copy_file(demo / "tasks" / "queue_size.json", tasks / "queue_size.json");
  const std::vector<std::string> two_seeds = {"--json", "--set", "search.seeds=1,2", "--set",
                                              "tasks.path=" + tasks.string()};
  const CommandResult answer = lorasweep(small("validate", two_seeds));
  EXPECT_EQ(answer.status, 0) << answer.err;
  const auto sweep = document(answer, "lorasweep.validate/1");
  EXPECT_EQ(sweep.at("valid"), true);
  EXPECT_EQ(sweep.at("problems"), nlohmann::json::array());
  EXPECT_EQ(sweep.at("out"), (folder / "run").string());
  EXPECT_EQ(sweep.at("model").at("dtype"), "f32");
  EXPECT_EQ(sweep.at("adapters").at("library"), 31);
  EXPECT_EQ(sweep.at("adapters").at("per_search"), 3);
  EXPECT_EQ(sweep.at("tasks").at("tasks"), nlohmann::json::array({{{"task", "queue_size"}, {"test_examples", 4}}}));
  EXPECT_EQ(sweep.at("searches").at("count"), 2) << "a task, two seeds";
  EXPECT_EQ(sweep.at("searches").at("numbers").at("most"), 3);
  EXPECT_EQ(sweep.at("evaluations").at("count"), 2 * 3);
  EXPECT_EQ(sweep.at("answers"), (2 + 2) * 4) << "two searches and two baselines";
  EXPECT_EQ(sweep.at("passed_over").at(0).at("path"), stray.string());
  const auto& prediction = sweep.at("prediction");
  EXPECT_TRUE(prediction.at("time").is_null());
  EXPECT_EQ(prediction.at("workers"), 1);
  EXPECT_GT(prediction.at("memory_bytes_per_node"), 1'000'000);
  EXPECT_EQ(prediction.at("disk_bytes").get<std::size_t>(),
            prediction.at("journal_bytes").get<std::size_t>() + prediction.at("results_bytes").get<std::size_t>());
}

TEST_F(MachineReadable, OfTheTimeAtAGivenRate) {
  const auto at_10 = document(lorasweep(small("validate", {"--json", "--rate=10"})), "lorasweep.validate/1");
  const auto at_20 = document(lorasweep(small("run", {"-n", "--json", "--rate=20"})), "lorasweep.dry_run/1");
  const auto time_10 = at_10.at("prediction").at("time"), time_20 = at_20.at("prediction").at("time");
  EXPECT_EQ(time_10.at("known_by"), "rate");
  EXPECT_TRUE(time_10.at("probe").is_null());
  EXPECT_GE(time_10.at("useful_workers"), 1);
  for (const char* phase : {"evaluations_worker_seconds", "answers_worker_seconds"}) {
    const double slow = time_10.at(phase), fast = time_20.at(phase);
    EXPECT_GT(fast, 0) << phase;
    EXPECT_NEAR(slow / fast, 2, 1e-9) << phase;
  }
  for (const auto& [key, value] : at_10.items()) {
    if (key == "schema" || key == "prediction") continue;
    EXPECT_EQ(value, at_20.at(key)) << key;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  const CommandResult real = lorasweep(small("run", {"--json"}));
  EXPECT_EQ(real.status, 2) << "only a dry run has a document";
  EXPECT_THAT(real.out, IsEmpty());
}

TEST_F(MachineReadable, OfWarningsAndProblemsAsTheLogHasThem) {
  const CommandResult ignored = lorasweep(small("validate", {"--json", "--set", "adapters.select=all"}));
  const auto warnings = document(ignored, "lorasweep.validate/1").at("warnings").get<std::vector<std::string>>();
  EXPECT_THAT(warnings, testing::SizeIs(1));
  for (const std::string& warning : warnings) EXPECT_THAT(ignored.err, HasSubstr(warning));

  const std::vector<std::string> nothing_there = {"--set", "adapters.dir=" + (folder / "no").string(), "--set",
                                                  "tasks.path=" + (folder / "none").string()},
                                 wrong = {"--set", "search.rounds=0", "--set", "tasks.shots=0"};
  for (const std::vector<std::string>& more : {nothing_there, wrong}) {
    std::vector<std::string> json = more;
    json.emplace_back("--json");
    const CommandResult text = lorasweep(small("validate", more)), answer = lorasweep(small("validate", json));
    EXPECT_NE(text.status, 0);
    EXPECT_EQ(answer.status, text.status);
    EXPECT_EQ(answer.err, text.err);
    const auto refused = document(answer, "lorasweep.validate/1");
    EXPECT_EQ(refused.at("valid"), false);
    const auto problems = refused.at("problems").get<std::vector<std::string>>();
    EXPECT_THAT(problems, testing::SizeIs(testing::Ge(2U)));
    for (const std::string& problem : problems) EXPECT_THAT(answer.err, HasSubstr(problem));
  }
}

TEST_F(MachineReadable, OfWhatWouldBeSubmitted) {
  const auto told = document(
      lorasweep(small("submit", {"-n", "--json", "--array=2", "--nodes=2", "--memory=5G", "--workers-per-node=4",
                                 "--rate=20", "--set", "slurm.extra=[\"--comment=two words\"]"})),
      "lorasweep.submit/1");
  EXPECT_EQ(told.at("dry_run"), true);
  ASSERT_EQ(told.at("jobs").size(), 2U);
  const auto &run = told.at("jobs").at(0), &collect = told.at("jobs").at(1);
  EXPECT_TRUE(run.at("job").is_null() && collect.at("job").is_null());
  EXPECT_EQ(run.at("kind"), "run");
  EXPECT_EQ(collect.at("kind"), "collect");
  EXPECT_THAT(
      run.at("options").get<std::vector<std::string>>(),
      testing::IsSupersetOf(std::vector<std::string>{"--array=1-2", "--nodes=2", "--mem=5G", "--ntasks-per-node=4",
                                                     "--comment=two words", "--chdir=" + (folder / "run").string()}));
  EXPECT_EQ(told.at("prediction").at("workers"), 2 * 2 * 4);
  EXPECT_EQ(told.at("prediction").at("workers_per_node"), 4);
  EXPECT_GT(told.at("prediction").at("time").at("seconds"), 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

TEST_F(MachineReadable, OfWhatWasSubmitted) {
  const CommandResult answer = with_sbatch(small("submit", {"--json", "--array=2"}));
  ASSERT_EQ(answer.status, 0) << answer.err;
  const auto told = document(answer, "lorasweep.submit/1");
  EXPECT_EQ(told.at("dry_run"), false);
  EXPECT_EQ(told.at("jobs").at(0).at("job"), "4711");
  EXPECT_EQ(told.at("jobs").at(1).at("job"), "4712");
  EXPECT_TRUE(told.at("prediction").is_null());
  EXPECT_EQ(told.at("config").at("text"), text_of(told.at("config").at("path").get<std::string>()));
  for (const auto& job : told.at("jobs")) EXPECT_EQ(job.at("text"), text_of(job.at("script").get<std::string>()));
}

TEST_F(MachineReadable, OfTheMachine) {
  const auto facts = document(lorasweep({"doctor", "--json"}), "lorasweep.doctor/1").at("facts");
  EXPECT_TRUE(facts.contains("MPI"));
  EXPECT_TRUE(facts.contains("memory"));
}

TEST_F(MachineReadable, LevelsOfTheLogAreWords) {
  EXPECT_EQ(lorasweep({"doctor", "--log-level", "loud"}).status, 2);
  EXPECT_EQ(lorasweep({"doctor", "--log-level", "off"}).status, 0);
  EXPECT_EQ(lorasweep({"doctor", "--log-level", "info", "--quiet"}).status, 2) << "they contradict each other";
}

}  // namespace
}  // namespace lorasweep
