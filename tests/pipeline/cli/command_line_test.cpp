// SPDX-License-Identifier: Apache-2.0
// One voice: what is wrong with a command line, help, settings without effect, and the form of the log.
#include "tests/pipeline/cli/program.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>

#include <regex>
#include <sstream>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::Each;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class OneVoice : public Program {
 protected:
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
  /// stderr of a command line that is refused: one line, with code 2.
  static std::string refused(const std::vector<std::string>& words) {
    const CommandResult answer = lorasweep(words);
    EXPECT_EQ(answer.status, 2) << answer.err;
    EXPECT_THAT(answer.out, IsEmpty());
    EXPECT_EQ(lines_of(answer.err).size(), 1u) << answer.err;
    EXPECT_THAT(answer.err, StartsWith("lorasweep: error: "));
    return answer.err;
  }
  std::vector<std::string> small_run(const std::string& command = "run") const {
    return {command, (demo / "sweep.toml").string(),
            "--out", (folder / "run").string(),
            "--set", "tasks.names=queue_size",
            "--set", "tasks.limit=4",
            "--set", "search.budget=3",
            "--set", "search.seeds=1"};
  }
};

TEST_F(OneVoice, AnUnknownOptionIsNamedWithTheNearestOne) {
  EXPECT_THAT(refused({"run", "x.toml", "--ouput", "d"}), Tells({"lorasweep run", "--ouput", "--out?"}));
  EXPECT_THAT(refused({"run", "x.toml", "--dryrun"}), Tells({"--dryrun", "--dry-run?"}));
  EXPECT_THAT(refused({"submit", "x.toml", "--gpu-per-node=8"}), Tells({"lorasweep submit", "--gpus-per-node?"}));
  EXPECT_THAT(refused({"collect", "run", "--output", "x.h5"}), Tells({"lorasweep collect", "--output"}));
  EXPECT_THAT(refused({"inspect", "x", "--zebra"}), Tells({"lorasweep inspect", "--zebra", "lorasweep help inspect"}));
  EXPECT_THAT(refused({"--verison"}), Tells({"--verison", "--version?"}));
}

TEST_F(OneVoice, WhatIsMissingOrTooMuchIsNamedWithItsCommand) {
  EXPECT_THAT(refused({"run"}), Tells({"lorasweep run", "CONFIG", "lorasweep help run"}));
  EXPECT_THAT(refused({"collect", "run"}), Tells({"lorasweep collect", "--out"}));
  EXPECT_THAT(refused({"run", "x.toml", "y.toml"}), Tells({"lorasweep run", "y.toml"}));
  EXPECT_THAT(refused({"run", "x.toml", "--out"}), Tells({"lorasweep run", "--out"}));
  EXPECT_THAT(refused({"run", "x.toml", "--resume", "sometimes"}),
              Tells({"--resume", "auto, never, require", "sometimes"}));
  EXPECT_THAT(refused({"export", "x.h5", "--format", "xml", "-o", "d"}), Tells({"--format", "csv", "xml"}));
  EXPECT_THAT(refused({}), Tells({"lorasweep --help"}));
  EXPECT_THAT(refused({"vaildate", "x.toml"}), Tells({"vaildate", "validate?"}));
  EXPECT_THAT(refused({"zebra"}), Tells({"zebra", "lorasweep --help"}));
  EXPECT_THAT(refused({"read"}), Not(Tells({"read-back"}))) << "it is for the program itself";
}

TEST_F(OneVoice, HelpExplainsACommandAsTheCommandDoes) {
  for (const std::string command :
       {"init", "validate", "run", "submit", "status", "cancel", "collect", "export", "inspect", "doctor", "help"}) {
    const CommandResult help = lorasweep({"help", command});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_EQ(help.out, lorasweep({command, "--help"}).out) << command;
    EXPECT_THAT(help.err, IsEmpty());
  }
  EXPECT_EQ(lorasweep({"help"}).out, lorasweep({"--help"}).out);
  EXPECT_THAT(refused({"help", "sumbit"}), Tells({"sumbit", "submit?"}));
  EXPECT_EQ(lorasweep({"-V"}).out, lorasweep({"--version"}).out);
}

TEST_F(OneVoice, AConfigurationThatIsNotThereIsAWordOfTheUser) {
  for (const char* command : {"validate", "run", "submit"})
    EXPECT_THAT(refused({command, (folder / "no.toml").string()}), Tells({"no.toml", "lorasweep init"})) << command;
}

// PowerShell writes so what is redirected.
TEST_F(OneVoice, AConfigurationInUtf16IsSaidToBeSo) {
  EXPECT_THAT(refused({"validate", write("sweep.toml", std::string("\xff\xfes\0c\0", 6)).string()}),
              Tells({"sweep.toml", "UTF-16"}));
}

TEST_F(OneVoice, EveryCommandThatTakesAConfigurationTakesItsDirectory) {
  const CommandResult answer = of_demo("validate", {"--out", (folder / "elsewhere").string()});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, Tells({(folder / "elsewhere").string()}));
}

TEST_F(OneVoice, OneIsSaidAsOne) {
  const CommandResult run = lorasweep(small_run());
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(lorasweep(small_run("validate")).out, Tells({"1 (1 task x 1 seed)", "5 shots each", "4 test examples"}));
  EXPECT_THAT(run.err, Tells({"1 thread each"}));
}

TEST_F(OneVoice, EveryLineOfALogHasItsDateAndTime) {
  const CommandResult run = lorasweep(small_run());
  ASSERT_EQ(run.status, 0);
  const std::regex dated(R"(\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] .*)");
  ASSERT_FALSE(lines_of(run.err).empty());
  for (const std::string& line : lines_of(run.err)) EXPECT_TRUE(std::regex_match(line, dated)) << line;
}

TEST_F(OneVoice, ARunsDirectoryIsExportedByItsResults) {
  ASSERT_EQ(lorasweep(small_run()).status, 0);
  const std::string run = (folder / "run").string();
  const auto tables_of = [&](const std::string& what, const char* place) {
    const CommandResult answer = lorasweep({"export", what, "--format", "csv", "-o", (folder / place).string()});
    EXPECT_EQ(answer.status, 0) << answer.err;
    std::ostringstream text;
    text << std::ifstream(folder / place / "evaluations.csv").rdbuf();
    return text.str();
  };
  const std::string of_run = tables_of(run, "a");
  EXPECT_FALSE(of_run.empty());
  EXPECT_EQ(of_run, tables_of(run + "/results.h5", "b"));
  std::filesystem::remove(run + "/results.h5");
  const CommandResult answer = lorasweep({"export", run, "--format", "csv", "-o", (folder / "c").string()});
  EXPECT_EQ(answer.status, 4);
  EXPECT_THAT(answer.err, Tells({run, "results.h5", "lorasweep collect"}));
}

TEST_F(OneVoice, AnOptionalSettingIsUnsetByFlagAndByEnvironment) {
  EXPECT_EQ(of_demo("validate", {"--set", "adapters.list="}).status, 0);
  const CommandResult pool = of_demo("validate", {"--set", "tasks.pool="});
  EXPECT_EQ(pool.status, 0) << pool.err;
  EXPECT_NE(pool.out, of_demo("validate").out) << "more is left to test";
  const CommandResult environment =
      run_command({"env", "LORASWEEP_TASKS_POOL=", LORASWEEP_PROGRAM, "validate", (demo / "sweep.toml").string()},
                  std::chrono::seconds(120));
  EXPECT_EQ(environment.out, pool.out);
  EXPECT_EQ(of_demo("validate", {"--set", "search.budget="}).status, 2) << "not every setting is optional";
}

TEST_F(OneVoice, ASettingWithoutEffectIsSaid) {
  const auto said = [&](std::vector<std::string> settings) {
    std::vector<std::string> flags;
    for (const std::string& setting : settings) flags.insert(flags.end(), {"--set", setting});
    return of_demo("validate", flags).err;
  };
  EXPECT_THAT(said({}), IsEmpty());
  EXPECT_THAT(said({"adapters.select=all", "adapters.count=7"}), Tells({"adapters.count"}));
  EXPECT_THAT(said({"adapters.select=named", "adapters.names=tiny_flan-bool_v1"}), Tells({"adapters.list"}));
  EXPECT_THAT(said({"slurm.array_at_once=3"}), Tells({"slurm.array_at_once"}));
  EXPECT_THAT(said({"slurm.mail_user=me@example.org"}), Tells({"slurm.mail_user"}));
  // What `init` and `submit` write holds all defaults, and nobody chose them.
  const std::string all = (folder / "all.toml").string();
  ASSERT_EQ(lorasweep({"init", all}).status, 0);
  EXPECT_THAT(lorasweep({"validate", all}).err, Not(Tells({"no effect"})));
}

TEST_F(OneVoice, WorkersOfTheConfigurationAreSaidToBeIdleUnderALauncher) {
  std::vector<std::string> words = {"env",
                                    "OMPI_ALLOW_RUN_AS_ROOT=1",
                                    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
                                    MPIEXEC,
                                    "--oversubscribe",
                                    "--bind-to",
                                    "none",
                                    "-n",
                                    "2",
                                    LORASWEEP_PROGRAM};
  const std::vector<std::string> run = small_run();
  words.insert(words.end(), run.begin(), run.end());
  words.insert(words.end(), {"--set", "run.workers=3"});
  const CommandResult answer = run_command(words, std::chrono::seconds(120));
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.err, Tells({"run.workers has no effect", "1 worker over MPI"}));
}

}  // namespace
}  // namespace lorasweep
