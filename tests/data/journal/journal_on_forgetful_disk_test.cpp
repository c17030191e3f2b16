// SPDX-License-Identifier: Apache-2.0
// Whatever call fails and whenever the power does: what append() returned from is there afterwards.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/journal/journal.h"
#include "tests/data/core/forgetful_disk.h"
#include "tests/data/journal/sample_records.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

class JournalOnForgetfulDisk : public testing::Test {
 protected:
  JournalOnForgetfulDisk() : path_(folder_.path() / "journal"), disk_(folder_.path()) {}

  // A process that begins or continues the journal and appends until all is there, or the disk fails. Counts what was
  // acknowledged.
  void live() {
    try {
      const bool exists = is_there(path_);
      const JournalContent content = exists ? read_journal(path_) : JournalContent{};
      std::size_t written = content.records.size();
      JournalWriter writer = exists ? JournalWriter::continue_after(path_, content) : JournalWriter::create(path_);
      acknowledged_ = std::max(acknowledged_, written);  // a continued run uses what it read
      while (written < wanted_.size()) {
        const std::size_t count = std::min(1 + written % 4, wanted_.size() - written);
        writer.append(std::span(wanted_).subspan(written, count));
        written += count;
        acknowledged_ = std::max(acknowledged_, written);
      }
    } catch (const StorageError& error) {
      last_error_ = error.what();
    }
  }

  void expect_acknowledged(const std::string& when) {
    std::vector<Record> records;
    if (is_there(path_)) records = read_journal(path_).records;
    ASSERT_GE(records.size(), acknowledged_) << when;
    for (std::size_t i = 0; i < records.size(); ++i)
      ASSERT_TRUE(same_record(records[i], wanted_[i])) << when << ", record " << i;
  }

  static std::vector<Record> records_to_write() {
    std::vector<Record> records;
    for (int times = 0; times < 3; ++times)
      for (const Record& record : sample_records()) records.push_back(record);
    return records;
  }

  const std::vector<Record> wanted_ = records_to_write();
  std::size_t acknowledged_ = 0;
  std::string last_error_;
  TemporaryFolder folder_;
  std::filesystem::path path_;
  ForgetfulDisk disk_;
};

// The calls of a life that nothing disturbs.
int calls_of_a_life(ForgetfulDisk& disk, const auto& live) {
  const int before = disk.calls();
  live();
  return disk.calls() - before;
}

TEST_F(JournalOnForgetfulDisk, KeepsWhatWasAcknowledgedWheneverThePowerFails) {
  const int calls = calls_of_a_life(disk_, [&] { live(); });
  ASSERT_GT(calls, 15);
  int torn = 0;
  for (int first = 1; first <= calls; ++first)
    for (const Kept kept : {Kept::nothing, Kept::some, Kept::everything})
      for (int second = 1; second <= calls; second += kept == Kept::some ? 1 : 3) {
        acknowledged_ = 0;
        disk_.clear();
        for (const int off : {first, second}) {  // the second life continues what the first one left
          disk_.go_off_at(disk_.calls() + off);
          live();
          disk_.lose_power(kept, static_cast<unsigned>(first * 1000 + second));
          expect_acknowledged("off at " + std::to_string(first) + ", then " + std::to_string(second));
          if (HasFatalFailure()) return;
          torn += is_there(path_) && read_journal(path_).torn_bytes > 0;
        }
        live();
        ASSERT_EQ(read_journal(path_).records.size(), wanted_.size());
      }
  EXPECT_GT(torn, 50);
}

// Killed while the disk goes on: a file that was made and whose directory nobody has synced.
TEST_F(JournalOnForgetfulDisk, ContinuesWhatAKilledProcessBeganAndMakesItsNameDurable) {
  const int calls = calls_of_a_life(disk_, [&] { live(); });
  for (int killed = 1; killed <= calls; ++killed) {
    acknowledged_ = 0;
    disk_.clear();
    disk_.go_off_at(disk_.calls() + killed);
    live();
    disk_.go_off_at(0);
    live();
    ASSERT_EQ(acknowledged_, wanted_.size()) << killed << ": " << last_error_;
    disk_.lose_power(Kept::nothing, 0);
    expect_acknowledged("killed at " + std::to_string(killed));
    if (HasFatalFailure()) return;
  }
}

TEST_F(JournalOnForgetfulDisk, LosesNothingByOneFailingCallAndWritesNothingAfterIt) {
  const int calls = calls_of_a_life(disk_, [&] { live(); });
  for (int failing = 1; failing <= calls; ++failing)
    for (const int error : {ENOSPC, EIO, EDQUOT}) {
      acknowledged_ = 0;
      disk_.clear();
      const int before = disk_.calls();
      disk_.fail_at(before + failing, error);
      live();
      ASSERT_LE(disk_.calls() - before, failing + 1) << "it went on after call " << failing << " had failed";
      ASSERT_LT(acknowledged_, wanted_.size());
      disk_.lose_power(Kept::some, static_cast<unsigned>(failing));
      expect_acknowledged("call " + std::to_string(failing));
      if (HasFatalFailure()) return;
      live();
      ASSERT_EQ(read_journal(path_).records.size(), wanted_.size());
    }
}

}  // namespace
}  // namespace lorasweep
