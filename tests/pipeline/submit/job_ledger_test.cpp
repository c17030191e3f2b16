// SPDX-License-Identifier: Apache-2.0
// The jobs of a run are kept, whoever submitted them; what is no job is never given to scancel.
#include "pipeline/submit/job_ledger.h"

#include "data/core/error.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace lorasweep {
namespace {

TEST(JobLedger, OfARunThatWasNeverSubmittedIsEmpty) { EXPECT_TRUE(read_job_ledger(TemporaryFolder().path()).empty()); }

TEST(JobLedger, HoldsJobsInOrderAlsoThoseOfScripts) {
  const TemporaryFolder folder;
  const std::filesystem::path& run = folder.path();
  append_to_job_ledger(run, {.id = "12", .kind = "run"});
  std::ofstream(job_ledger_path(run), std::ios::app) << "{\"job\": \"14\", \"kind\": \"successor\"}\n";
  append_to_job_ledger(run, {.id = "13", .kind = "collect"});
  const auto jobs = read_job_ledger(run);
  ASSERT_EQ(jobs.size(), 3u);
  EXPECT_EQ(jobs[0].id, "12");
  EXPECT_EQ(jobs[1].id, "14");
  EXPECT_EQ(jobs[1].kind, "successor");
  EXPECT_EQ(jobs[2].kind, "collect");
}

TEST(JobLedger, RefusesWhatIsNoJob) {
  for (const std::string line : {"no json", "{}", "[]", "{\"job\": 12}", "{\"job\": \"--user=root\"}",
                                 "{\"job\": \"\"}", "{\"job\": \"1 2\"}"}) {
    const TemporaryFolder folder;
    const std::filesystem::path& run = folder.path();
    std::ofstream(job_ledger_path(run)) << line << "\n";
    EXPECT_THROW(read_job_ledger(run), InputError) << line;
  }
}

TEST(JobLedger, NotesOnlyJobs) {
  EXPECT_THROW(append_to_job_ledger(TemporaryFolder().path(), {.id = "sbatch: hello", .kind = "run"}), InternalError);
}

TEST(JobLedger, SaysWhereItCannotWrite) {
  EXPECT_THROW(append_to_job_ledger("/no/such/run", {.id = "1", .kind = "run"}), StorageError);
}

}  // namespace
}  // namespace lorasweep
