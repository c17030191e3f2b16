// SPDX-License-Identifier: Apache-2.0
// The jobs of a run are kept, whoever submitted them; what is no job is never given to scancel.
#include "pipeline/submit/job_ledger.h"

#include "data/core/error.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace lorasweep {
namespace {

std::filesystem::path new_directory() {
  std::string name = testing::TempDir() + "ledger-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory " + name);
  return name;
}

TEST(JobLedger, OfARunThatWasNeverSubmittedIsEmpty) { EXPECT_TRUE(read_job_ledger(new_directory()).empty()); }

TEST(JobLedger, HoldsJobsInOrderAlsoThoseOfScripts) {
  const auto run = new_directory();
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
    const auto run = new_directory();
    std::ofstream(job_ledger_path(run)) << line << "\n";
    EXPECT_THROW(read_job_ledger(run), InputError) << line;
  }
}

TEST(JobLedger, NotesOnlyJobs) {
  EXPECT_THROW(append_to_job_ledger(new_directory(), {.id = "sbatch: hello", .kind = "run"}), InternalError);
}

TEST(JobLedger, SaysWhereItCannotWrite) {
  EXPECT_THROW(append_to_job_ledger("/no/such/run", {.id = "1", .kind = "run"}), StorageError);
}

}  // namespace
}  // namespace lorasweep
