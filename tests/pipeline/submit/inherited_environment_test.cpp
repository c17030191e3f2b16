// SPDX-License-Identifier: Apache-2.0
// What sbatch sees of a shell that is itself a job: the user's variables, and no other job's.
#include "pipeline/submit/inherited_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> left_of(const std::vector<std::string>& environment, const SlurmConfig& slurm = {}) {
  return without_other_jobs(environment, slurm);
}

TEST(WithoutOtherJobs, DropsWhatAJobAStepAndALauncherSet) {
  EXPECT_THAT(left_of({"SLURM_JOB_ID=7", "SLURM_MEM_PER_CPU=300", "SLURM_EXPORT_ENV=NONE", "SLURM_ARRAY_TASK_ID=3",
                       "SLURMD_NODENAME=n1", "SRUN_DEBUG=3", "PMI_RANK=0", "PMI2_RANK=0", "PMIX_RANK=0",
                       "PRTE_LAUNCHED=1", "OMPI_COMM_WORLD_SIZE=4", "OMPI_MCA_ess=^singleton",
                       "OMPI_MCA_ess_base_jobid=1", "OMPI_MCA_orte_hnp_uri=x", "OMPI_MCA_pmix=^s1"}),
              IsEmpty());
}

TEST(WithoutOtherJobs, DropsOptionsThatWouldWinOverAScripts) {
  EXPECT_THAT(left_of({"SBATCH_JOB_NAME=x", "SBATCH_ARRAY_INX=1-2", "SBATCH_TIMELIMIT=1", "SBATCH_WAIT=1",
                       "SBATCH_MEM_PER_NODE=1", "SQUEUE_STATES=PENDING", "SCANCEL_INTERACTIVE=1"}),
              IsEmpty());
}

TEST(WithoutOtherJobs, KeepsWhatIsTheUsers) {
  const std::vector<std::string> users = {"HOME=/home/me",
                                          "PATH=/bin",
                                          "EMPTY=",
                                          "SLURM_CONF=/etc/s",
                                          "SLURM_CLUSTERS=a",
                                          "SBATCH_ACCOUNT=abc",
                                          "SBATCH_PARTITION=gpu",
                                          "SBATCH_EXPORT=NONE",
                                          "OMPI_MCA_btl=^openib",
                                          "OMPI_ALLOW_RUN_AS_ROOT=1",
                                          "PMIX_MCA_gds=hash",
                                          "UCX_TLS=rc",
                                          "SLURMISH=1",
                                          "MY_SLURM_JOB=1"};
  EXPECT_EQ(left_of(users), users);
}

TEST(WithoutOtherJobs, DropsTheUsersWhereTheConfigurationSaysOtherwise) {
  SlurmConfig slurm;
  slurm.partition = "cpu";
  slurm.extra = {"--account=def", "--qos"};
  EXPECT_THAT(left_of({"SBATCH_ACCOUNT=abc", "SBATCH_PARTITION=gpu", "SBATCH_QOS=x", "SBATCH_RESERVATION=r"}, slurm),
              ElementsAre("SBATCH_RESERVATION=r"));
}

TEST(WithoutOtherJobs, DropsTheGpusThatAnotherJobGotButNotThoseThatAUserChose) {
  EXPECT_THAT(left_of({"CUDA_VISIBLE_DEVICES=2", "SLURM_JOB_GPUS=2"}), IsEmpty());
  EXPECT_THAT(left_of({"CUDA_VISIBLE_DEVICES=2", "SLURM_JOB_ID=2"}), ElementsAre("CUDA_VISIBLE_DEVICES=2"));
}

TEST(CasePattern, IsAnAlternativeOfAShell) { EXPECT_EQ(case_pattern({"A", "B_*"}), "A | B_*"); }

}  // namespace
}  // namespace lorasweep
