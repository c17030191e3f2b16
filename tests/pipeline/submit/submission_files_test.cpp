// SPDX-License-Identifier: Apache-2.0
// A submission that SLURM refuses leaves a directory as it was, or none.
#include "pipeline/submit/submission_files.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace lorasweep {
namespace {

TEST(SubmissionFiles, GoWithTheDirectoriesThatTheyMade) {
  const TemporaryFolder folder;
  const std::filesystem::path& place = folder.path();
  {
    SubmissionFiles files(place / "a/b");
    files.write(place / "a/b/job.sh", "x");
    EXPECT_TRUE(is_there(place / "a/b/job.sh"));
  }
  EXPECT_FALSE(is_there(place / "a"));
  EXPECT_TRUE(is_there(place));
}

TEST(SubmissionFiles, StayWhenTheyAreKept) {
  const TemporaryFolder folder;
  const std::filesystem::path& place = folder.path();
  {
    SubmissionFiles files(place / "a");
    files.write(place / "a/job.sh", "x");
    files.keep();
  }
  EXPECT_EQ(read_file(place / "a/job.sh", 9), "x");
}

TEST(SubmissionFiles, RestoreWhatWasThere) {
  const TemporaryFolder folder;
  const std::filesystem::path& place = folder.path();
  std::ofstream(place / "job.sh") << "old";
  std::ofstream(place / "jobs.jsonl") << "one\n";
  {
    SubmissionFiles files(place);
    files.write(place / "job.sh", "new");
    files.write(place / "collect.sh", "new");
    files.announce(place / "jobs.jsonl");
    std::ofstream(place / "jobs.jsonl", std::ios::app) << "two\n";
  }
  EXPECT_EQ(read_file(place / "job.sh", 9), "old");
  EXPECT_EQ(read_file(place / "jobs.jsonl", 9), "one\n");
  EXPECT_FALSE(is_there(place / "collect.sh"));
}

TEST(SubmissionFiles, LeaveWhatOthersPutThere) {
  const TemporaryFolder folder;
  const std::filesystem::path& place = folder.path();
  {
    SubmissionFiles files(place / "a");
    files.write(place / "a/job.sh", "x");
    std::ofstream(place / "a/log") << "of a job";
  }
  EXPECT_TRUE(is_there(place / "a/log"));
  EXPECT_FALSE(is_there(place / "a/job.sh"));
}

TEST(SubmissionFiles, SayWhereNoDirectoryCanBeMade) {
  const TemporaryFolder folder;
  const std::filesystem::path& place = folder.path();
  std::ofstream(place / "file") << "x";
  EXPECT_THROW(SubmissionFiles(place / "file" / "run"), StorageError);
}

}  // namespace
}  // namespace lorasweep
