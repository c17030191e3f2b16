// SPDX-License-Identifier: Apache-2.0
// Filled templates: values stand where they belong, and cannot mean anything else.
#include "pipeline/submit/job_script.h"

#include "data/core/error.h"
#include "pipeline/submit/external_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using testing::HasSubstr;
using testing::Not;

const Submitter program = {
    .command = {"/opt/lora sweep/lorasweep"}, .version = "lorasweep 1.2 (Debug)", .digest = std::string(64, 'a')};

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
    EXPECT_THROW(run_script(config_of(directory), program, ""), ConfigError) << directory;
}

TEST(RunScript, HasNoPlaceholderLeftAndIsAScript) {
  for (const int array : {1, 9}) {
    RunConfig config = config_of("/home/some body/runs/bbh");
    config.slurm.array = array;
    for (const std::string& script : {run_script(config, program, ""), collect_script(config, program)}) {
      EXPECT_TRUE(script.starts_with("#!/usr/bin/env bash\n"));
      for (const char* name : {"@job_name@", "@run@", "@options@", "@setup@", "@command@", "@time@", "@log@", "@parts@",
                               "@threads@", "@environment@", "@kept@", "@of_slurm@", "@of_launchers@", "@of_queries@",
                               "@launcher_settings@", "@submitter@", "@submitter_digest@"})
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
                  .array_at_once = 3,
                  .nodes = 4,
                  .gpus_per_node = 8,
                  .cpus_per_task = 6,
                  .hint = "nomultithread",
                  .mail_type = "END,FAIL",
                  .mail_user = "me@example.org",
                  .launcher = Launcher::srun,
                  .signal_before = 300,
                  .command = {"apptainer", "exec", "a b.sif", "lorasweep"},
                  .setup = {"module load openmpi", "ulimit -c 0"},
                  .extra = {"--account=abc", "--comment=two words"}};
  const std::string script = run_script(config, program, "6200M");
  for (const char* line : {"#SBATCH --job-name=lorasweep-bbh-part",
                           "#SBATCH --output=\"/runs/bbh/%x-%A_%a.out\"",
                           "#SBATCH --mem=6200M",
                           "#SBATCH --hint=nomultithread",
                           "#SBATCH --mail-type=END,FAIL",
                           "#SBATCH --mail-user=me@example.org",
                           "#SBATCH --open-mode=append",
                           "#SBATCH --requeue",
                           "#SBATCH --signal=B:USR1@300",
                           "#SBATCH --time=04:00:00",
                           "#SBATCH --nodes=4",
                           "#SBATCH --ntasks-per-node=8",
                           "#SBATCH --cpus-per-task=6",
                           "#SBATCH --array=1-9%3",
                           "#SBATCH --gpus-per-node=8",
                           "#SBATCH --partition=gpu",
                           "#SBATCH --account=abc",
                           "#SBATCH \"--comment=two words\"",
                           "parts=9",
                           "launcher=srun",
                           "lorasweep=(apptainer exec 'a b.sif' lorasweep)",
                           "module load openmpi",
                           "ulimit -c 0"})
    EXPECT_THAT(script, HasSubstr(std::string("\n") + line + "\n"));
  EXPECT_THAT(script, HasSubstr("\nthreads=6 "));
}

TEST(RunScript, OfOneJobIsNoArray) {
  const std::string script = run_script(config_of("/runs/bbh"), program, "");
  EXPECT_THAT(script, HasSubstr("#SBATCH --job-name=lorasweep-bbh-all\n"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --output=\"/runs/bbh/%x-%j.out\"\n"));
  EXPECT_THAT(script, Not(HasSubstr("#SBATCH --array")));
  EXPECT_THAT(script, Not(HasSubstr("#SBATCH --gpus-per-node")));
  EXPECT_THAT(script, Not(HasSubstr("#SBATCH --partition")));
  for (const char* option : {"--mem", "--hint", "--mail-type", "--mail-user"})
    EXPECT_THAT(script, Not(HasSubstr(std::string("#SBATCH ") + option)));
}

TEST(RunScript, LetsSlurmReplaceNothingInADirectory) {
  for (const std::string& script : {run_script(config_of("/top5%_j50%j/run"), program, ""),
                                    collect_script(config_of("/top5%_j50%j/run"), program)}) {
    EXPECT_THAT(script, HasSubstr("#SBATCH --chdir=\"/top5%_j50%j/run\"\n"));
    EXPECT_THAT(script, HasSubstr("#SBATCH --output=\"/top5%%_j50%%j/run/%x-%j.out\"\n"));
    EXPECT_THAT(script, HasSubstr("\nrun=/top5%_j50%j/run"));
  }
}

std::string refusal(const SlurmConfig& slurm) {
  RunConfig config = config_of("/runs/bbh");
  config.slurm = slurm;
  try {
    run_script(config, program, "");
    return "";
  } catch (const ConfigError& error) {
    return error.where();
  }
}

TEST(RunScript, WantsMoreTimeThanIsTakenAwayAtItsEnd) {
  EXPECT_EQ(refusal({.time = "3", .signal_before = 120}), "slurm.time");
  EXPECT_EQ(refusal({.time = "4", .signal_before = 120}), "");
  EXPECT_EQ(refusal({.time = "00:03:01", .signal_before = 120}), "") << "SLURM rounds up";
  EXPECT_EQ(refusal({.time = "1", .signal_before = 20}), "slurm.time");
  EXPECT_EQ(refusal({.time = "0", .signal_before = 120}), "") << "no limit";
  EXPECT_EQ(refusal({.time = "1-0", .signal_before = 65'535}), "");
  EXPECT_EQ(refusal({.time = "1-0", .extra = {"--time-min=2"}}), "slurm.extra --time-min");
  EXPECT_EQ(refusal({.time = "1-0", .extra = {"--time-min=20"}}), "");
}

TEST(RunScript, RefusesOptionsWithWhichNothingIsSubmitted) {
  for (const std::string option : {"--wait", "--test-only", "--wrap=true", "--ntasks=3", "--dependency=singleton"})
    EXPECT_EQ(refusal({.extra = {option}}), "slurm.extra") << option;
}

TEST(RunScript, AsksForMemoryOnce) {
  EXPECT_EQ(refusal({.memory = "64G", .extra = {"--mem-per-cpu=2G"}}), "slurm.memory");
  EXPECT_EQ(refusal({.memory = "64G", .extra = {"--mem-bind=local"}}), "");
  for (const std::string option : {"--mem=0", "--mem-per-cpu=2G", "--mem-per-gpu=8G"})
    EXPECT_TRUE(extra_says_memory({.extra = {"--exclusive", option}})) << option;
  EXPECT_FALSE(extra_says_memory({.extra = {"--mem-bind=local", "--comment=--mem=3"}}));
}

// The head of a script as bash does it, in an environment of `variables` alone: which of `names` are left.
std::string left_of(const std::string& script, const std::vector<std::string>& variables, const std::string& names) {
  const std::size_t begin = script.find("# Removes what"), end = script.find("\nrun=");
  return run_command({"bash", "-c",
                      script.substr(begin, end - begin) + "\nfor n in " + names +
                          "; do [[ -v $n ]] && echo -n \"$n \"; done; true"},
                     std::chrono::seconds(60), variables)
      .out;
}

TEST(RunScript, StartsWithoutWhatIsOfAnotherJob) {
  for (const std::string& script :
       {run_script(config_of("/runs/bbh"), program, ""), collect_script(config_of("/runs/bbh"), program)}) {
    EXPECT_EQ(
        left_of(script,
                {"SLURM_JOB_ID=7", "SLURM_MEM_PER_CPU=300", "SLURM_MEM_PER_NODE=9", "SLURM_EXPORT_ENV=NONE",
                 "PMIX_RANK=0", "PMI_SIZE=4", "OMPI_COMM_WORLD_RANK=3", "OMPI_MCA_btl=tcp", "OMPI_MCA_ess_base_jobid=4",
                 "OMPI_ALLOW_RUN_AS_ROOT=1", "SQUEUE_STATES=PENDING", "LORASWEEP_SEARCH_BUDGET=3",
                 "LORASWEEP_MAX_ISA=avx2", "TMPDIR=/no/such/place", "SBATCH_ACCOUNT=a", "MINE=1"},
                "SLURM_JOB_ID SLURM_MEM_PER_CPU SLURM_MEM_PER_NODE SLURM_EXPORT_ENV PMIX_RANK PMI_SIZE "
                "OMPI_COMM_WORLD_RANK OMPI_MCA_btl OMPI_MCA_ess_base_jobid OMPI_ALLOW_RUN_AS_ROOT SQUEUE_STATES "
                "LORASWEEP_SEARCH_BUDGET LORASWEEP_MAX_ISA TMPDIR SBATCH_ACCOUNT MINE"),
        "SLURM_JOB_ID OMPI_MCA_btl OMPI_ALLOW_RUN_AS_ROOT LORASWEEP_MAX_ISA SBATCH_ACCOUNT MINE ");
  }
}

TEST(RunScript, DoesNotLookAtPlaceholdersInsideOfValues) {
  RunConfig config = config_of("/runs/bbh");
  config.slurm.setup = {"echo @run@ @time@"};
  EXPECT_THAT(run_script(config, program, ""), HasSubstr("\necho @run@ @time@\n"));
}

TEST(RunScript, PrefersTheThreadsOfTheRun) {
  RunConfig config = config_of("/runs/bbh");
  config.slurm.cpus_per_task = 8;
  config.run.threads = 2;
  EXPECT_THAT(run_script(config, program, ""), HasSubstr("\nthreads=2 "));
}

}  // namespace
}  // namespace lorasweep
