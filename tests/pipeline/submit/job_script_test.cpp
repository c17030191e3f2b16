// SPDX-License-Identifier: Apache-2.0
// Filled templates: values stand where they belong, and cannot mean anything else.
#include "pipeline/submit/job_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/core/error.h"
#include "pipeline/submit/external_command.h"

namespace lorasweep {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> program = {"/opt/lora sweep/lorasweep"};

RunConfig config_of(const std::string& run) {
  RunConfig config;
  config.run.out = run;
  return config;
}

// What bash makes of `word`.
std::string said_by_bash(const std::string& word) { return run_command({"bash", "-c", "printf %s " + word}).out; }

TEST(ShellQuoted, IsOneWordThatMeansItself) {
  for (const std::string text : {"plain/path.txt", "", "two words", "$(reboot)", "`reboot`", "a;b", "it's", "\"", "\\",
                                 "a\nb", "*", "~", "ü", "&& rm", "#no", "-n"})
    EXPECT_EQ(said_by_bash(shell_quoted(text)), text);
}

TEST(ShellQuoted, LeavesPlainWordsReadable) { EXPECT_EQ(shell_quoted("/a/b-c_d.e"), "/a/b-c_d.e"); }

TEST(JobName, HoldsRunAndPart) { EXPECT_EQ(job_name("/home/a b/bbh-1.2", "all"), "lorasweep-bbh-1.2-all"); }

TEST(JobName, RefusesWhatCouldMeanMore) {
  for (const std::string name : {"a;b", "a\nb", "a b", "$(a)", "a'b", "ü", "%j", "a\"b", ""})
    EXPECT_THROW(job_name("/runs/" + name, "all"), ConfigError) << name;
  EXPECT_THROW(job_name("/runs/" + std::string(60, 'a'), "all"), ConfigError);
}

TEST(RunScript, RefusesDirectoriesThatItCannotName) {
  for (const std::string directory : {"/a\"b/run", "/a'b/run", "/a\\b/run", "/a\nb/run"})
    EXPECT_THROW(run_script(config_of(directory), program), ConfigError) << directory;
}

TEST(RunScript, HasNoPlaceholderLeftAndIsAScript) {
  for (const int array : {1, 9}) {
    RunConfig config = config_of("/home/some body/runs/bbh");
    config.slurm.array = array;
    for (const std::string& script : {run_script(config, program), collect_script(config, program)}) {
      EXPECT_TRUE(script.starts_with("#!/usr/bin/env bash\n"));
      for (const char* name :
           {"@job_name@", "@run@", "@options@", "@setup@", "@command@", "@time@", "@log@", "@parts@", "@threads@"})
        EXPECT_THAT(script, Not(HasSubstr(name)));
      EXPECT_THAT(script, HasSubstr("#SBATCH --chdir=\"/home/some body/runs/bbh\"\n"));
      EXPECT_THAT(script, HasSubstr("\nrun='/home/some body/runs/bbh'"));
      EXPECT_THAT(script, HasSubstr("\nlorasweep=('/opt/lora sweep/lorasweep')\n"));
      const CommandResult check = run_command({"bash", "-n", "-c", script});
      EXPECT_EQ(check.status, 0) << check.err;
    }
  }
}

TEST(RunScript, AsksForWhatIsConfigured) {
  RunConfig config = config_of("/runs/bbh");
  config.slurm = {.partition = "gpu",
                  .time = "04:00:00",
                  .array = 9,
                  .nodes = 4,
                  .gpus_per_node = 8,
                  .cpus_per_task = 6,
                  .launcher = Launcher::srun,
                  .signal_before = 300,
                  .command = {"apptainer", "exec", "a b.sif", "lorasweep"},
                  .setup = {"module load openmpi", "ulimit -c 0"},
                  .extra = {"--account=abc", "--comment=two words"}};
  const std::string script = run_script(config, program);
  for (const char* line :
       {"#SBATCH --job-name=lorasweep-bbh-part", "#SBATCH --output=%x-%A_%a.out", "#SBATCH --open-mode=append",
        "#SBATCH --requeue", "#SBATCH --signal=B:USR1@300", "#SBATCH --time=04:00:00", "#SBATCH --nodes=4",
        "#SBATCH --ntasks-per-node=8", "#SBATCH --cpus-per-task=6", "#SBATCH --array=1-9", "#SBATCH --gpus-per-node=8",
        "#SBATCH --partition=gpu", "#SBATCH --account=abc", "#SBATCH \"--comment=two words\"", "parts=9",
        "launcher=srun", "lorasweep=(apptainer exec 'a b.sif' lorasweep)", "module load openmpi", "ulimit -c 0"})
    EXPECT_THAT(script, HasSubstr(std::string("\n") + line + "\n"));
  EXPECT_THAT(script, HasSubstr("\nthreads=6 "));
}

TEST(RunScript, OfOneJobIsNoArray) {
  const std::string script = run_script(config_of("/runs/bbh"), program);
  EXPECT_THAT(script, HasSubstr("#SBATCH --job-name=lorasweep-bbh-all\n"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --output=%x-%j.out\n"));
  EXPECT_THAT(script, Not(HasSubstr("#SBATCH --array")));
  EXPECT_THAT(script, Not(HasSubstr("#SBATCH --gpus-per-node")));
  EXPECT_THAT(script, Not(HasSubstr("#SBATCH --partition")));
}

TEST(RunScript, DoesNotLookAtPlaceholdersInsideOfValues) {
  RunConfig config = config_of("/runs/bbh");
  config.slurm.setup = {"echo @run@ @time@"};
  EXPECT_THAT(run_script(config, program), HasSubstr("\necho @run@ @time@\n"));
}

TEST(RunScript, PrefersTheThreadsOfTheRun) {
  RunConfig config = config_of("/runs/bbh");
  config.slurm.cpus_per_task = 8;
  config.run.threads = 2;
  EXPECT_THAT(run_script(config, program), HasSubstr("\nthreads=2 "));
}

}  // namespace
}  // namespace lorasweep
