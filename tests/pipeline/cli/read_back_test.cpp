// SPDX-License-Identifier: Apache-2.0
// However the process that reads back ends, nothing is replaced by results that were not seen to be whole.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/results_writer.h"
#include "data/results/written_content.h"
#include "pipeline/cli/read_back_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <string>

namespace lorasweep {
namespace {

class ReadBackProcess : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder);
    std::ofstream(file()) << "older";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::filesystem::path file() const { return folder / "results.h5"; }
  // Results that another program reads back.
  void write(const std::filesystem::path& program) const {
    write_results(SweepResults{}, file(), [&](const std::filesystem::path& path, const WrittenContent& written) {
      return read_back_by(program, path, written);
    });
  }
  std::filesystem::path program(const std::string& lines) const {
    std::ofstream(folder / "program") << "#!/bin/sh\n" << lines << "\n";
    std::filesystem::permissions(folder / "program", std::filesystem::perms::owner_all);
    return folder / "program";
  }
  // The older results are there, and nothing else beside.
  void expect_nothing_replaced() const {
    EXPECT_EQ(read_file(file(), 100), "older");
    std::filesystem::remove(folder / "program");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  }
  void expect_refused(const std::filesystem::path& by, const std::string& reason) const {
    try {
      write(by);
      FAIL() << "passed: " << reason;
    } catch (const StorageError& error) {
      EXPECT_THAT(error.what(), testing::AllOf(testing::StartsWith(file().string()), testing::HasSubstr(reason)));
    }
    expect_nothing_replaced();
  }

  std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("read_back_" + std::to_string(::getpid()));
};

TEST_F(ReadBackProcess, ComparesAllThatWasWritten) {
  write(LORASWEEP_PROGRAM);
  EXPECT_NE(read_file(file(), 1 << 26), "older");
  WrittenContent other;
  other.add_group("/other");
  EXPECT_NE(read_back_by(LORASWEEP_PROGRAM, file(), other), "");
}

TEST_F(ReadBackProcess, WhichCrashesIsAStorageErrorAndReplacesNothing) {
  for (const char* signal : {"SEGV", "ABRT", "BUS"})
    expect_refused(program(std::string("kill -") + signal + " $$"), "ended with signal");
}

TEST_F(ReadBackProcess, WhichFailsGivesItsReason) {
  expect_refused(program("printf '%s\\0Input/output error' \"$2\"; exit 5"), "Input/output error");
}

TEST_F(ReadBackProcess, WhichFindsADifferenceNamesIt) {
  expect_refused(program("printf /summary/loss"), "/summary/loss was read back with other values");
}

TEST_F(ReadBackProcess, WhichIsEndedFromOutsideIsNotTheFileSystemsFault) {
  try {
    write(program("kill -KILL $$"));
    FAIL() << "the signal passed unnoticed";
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), 128 + 9);
  }
  expect_nothing_replaced();
}

TEST_F(ReadBackProcess, IsNotStoppedByWhatStopsTheWriter) {
  EXPECT_NO_THROW(write(program("kill -TERM $$; kill -INT $$; kill -HUP $$; kill -USR1 $$")));
}

TEST_F(ReadBackProcess, WithoutMemoryIsLackOfMemoryHere) {
  EXPECT_THROW(write(program("exit 1")), std::bad_alloc);
  expect_nothing_replaced();
}

TEST_F(ReadBackProcess, WhichCannotBeStartedIsDoneHere) {
  write(folder / "none");
  EXPECT_NE(read_file(file(), 1 << 26), "older");
}

TEST_F(ReadBackProcess, RefusesAQuestionThatIsCutShort) {
  WrittenContent written;
  const std::string whole = written.bytes();
  EXPECT_EQ(WrittenContent::of_bytes(whole).bytes(), whole);
  EXPECT_THROW(WrittenContent::of_bytes(""), InternalError);
  EXPECT_THROW(WrittenContent::of_bytes(whole.substr(0, whole.size() - 1)), InternalError);
}

}  // namespace
}  // namespace lorasweep
