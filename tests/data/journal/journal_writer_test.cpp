// SPDX-License-Identifier: Apache-2.0
// The writing end on a real file system: creation, continuation, two writers, no room.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/journal/journal.h"
#include "data/journal/journal_frame.h"
#include "tests/data/journal/sample_records.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

class JournalWriterTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "journal"; }
  std::string bytes() const { return read_file(path(), 1 << 20); }
  static std::vector<Record> one_record() { return {sample_records().front()}; }
  void expect_records(std::size_t count) const {
    const JournalContent content = read_journal(path());
    ASSERT_EQ(content.records.size(), count);
    const auto known = sample_records();
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(same_record(content.records[i], known[i % known.size()])) << i;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(JournalWriterTest, WritesWhatTheReaderReads) {
  const auto records = sample_records();
  JournalWriter writer = JournalWriter::create(path());
  writer.append(std::span(records).first(2));
  writer.append(std::span(records).subspan(2));
  writer.append({});
  expect_records(records.size());
}

TEST_F(JournalWriterTest, CreatesNoJournalOverAnother) {
  JournalWriter::create(path());
  EXPECT_THAT(refusal_of([&] { JournalWriter::create(path()); }), Refused(ExitCode::storage, "journal", {"exists"}));
}

TEST_F(JournalWriterTest, ContinuesAfterATornTail) {
  const auto records = sample_records();
  { JournalWriter::create(path()).append(records); }
  const std::string whole = bytes();
  for (std::size_t length = 0; length <= whole.size(); length += 5) {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    const JournalContent content = read_journal(path());
    {
      JournalWriter writer = JournalWriter::continue_after(path(), content);
      writer.append(std::span(records).subspan(content.records.size()));
    }
    ASSERT_EQ(bytes().size(), whole.size()) << "torn at " << length;
    expect_records(records.size());
  }
}

TEST_F(JournalWriterTest, CutsAnAppendWithAHoleAndContinues) {
  const auto records = sample_records();
  {
    JournalWriter writer = JournalWriter::create(path());
    writer.append(std::span(records).first(2));
    writer.append(std::span(records).subspan(2));
  }
  std::string torn = bytes();
  const auto first_of_second = torn.find(std::string("\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16));
  ASSERT_NE(first_of_second, std::string::npos);
  torn[first_of_second] = '\7';
  std::ofstream(path(), std::ios::binary | std::ios::trunc) << torn;
  const JournalContent content = read_journal(path());
  ASSERT_EQ(content.records.size(), 2u);
  JournalWriter::continue_after(path(), content).append(std::span(records).subspan(2));
  expect_records(records.size());
}

TEST_F(JournalWriterTest, ContinuesAJournalOfTheFirstVersionInThatVersion) {
  const auto records = sample_records();
  std::string old = journal_head(1);
  for (std::size_t i = 0; i < records.size(); ++i)
    append_frame(old, {.version = 1, .type = type_of(records[i]), .sequence = i}, encode_payload(records[i]));
  std::ofstream(path(), std::ios::binary) << old;
  for (int times = 0; times < 2; ++times) JournalWriter::continue_after(path(), read_journal(path())).append(records);
  expect_records(3 * records.size());
  EXPECT_EQ(read_journal(path()).version, 1u);
  EXPECT_EQ(bytes().size(), journal_head_bytes + 3 * (old.size() - journal_head_bytes));
}

// Everybody who has the old file's name or place, but not the file.
TEST_F(JournalWriterTest, AppendsNothingWhereItsFileIsNotTheOneThatIsFound) {
  const std::filesystem::path aside = path().string() + ".aside";
  const auto journal = path();
  const std::vector<std::function<void()>> deeds = {
      [&] { std::filesystem::remove(journal); },
      [&] { std::filesystem::rename(journal, aside); },
      [&] {
        std::filesystem::copy_file(journal, aside);
        std::filesystem::rename(aside, journal);
      },
      [&] { std::filesystem::resize_file(journal, journal_head_bytes); },
      [&] { std::filesystem::resize_file(journal, std::filesystem::file_size(journal) + 1); },
  };
  for (std::size_t deed = 0; deed < deeds.size(); ++deed) {
    JournalWriter writer = JournalWriter::create(journal);
    writer.append(one_record());
    EXPECT_THAT(refusal_of([&] { writer.check_owned(); }), Accepted()) << deed;
    deeds[deed]();
    EXPECT_THAT(refusal_of([&] { writer.check_owned(); }), Refused(ExitCode::storage)) << deed;
    EXPECT_THAT(refusal_of([&] { writer.append(one_record()); }), Refused(ExitCode::storage)) << deed;
    EXPECT_THAT(refusal_of([&] { writer.append(one_record()); }),
                Refused(ExitCode::storage, "journal", {"earlier write"}))
        << deed;
    std::filesystem::remove(journal);
    std::filesystem::remove(aside);
  }
}

TEST_F(JournalWriterTest, RefusesASecondWriterAndNamesTheFirst) {
  const JournalWriter first = JournalWriter::create(path());
  const Refusal refused = refusal_of([&] { JournalWriter::continue_after(path(), read_journal(path())); });
  EXPECT_THAT(refused, Refused(ExitCode::storage, "journal", {"process " + std::to_string(::getpid()), "host"}));
}

TEST_F(JournalWriterTest, FreesTheLockWhenItEndsAndKeepsItWhenMoved) {
  {
    JournalWriter first = JournalWriter::create(path());
    JournalWriter moved = std::move(first);
    EXPECT_THAT(refusal_of([&] { JournalWriter::continue_after(path(), read_journal(path())); }),
                Refused(ExitCode::storage));
    const auto records = one_record();
    EXPECT_THAT(refusal_of([&] { first.append(records); }),
                Refused(ExitCode::storage));  // NOLINT(bugprone-use-after-move)
    moved.append(records);
  }
  JournalWriter::continue_after(path(), read_journal(path()));
  expect_records(1);
}

TEST_F(JournalWriterTest, RefusesToContinueAJournalThatGrewSinceItWasRead) {
  const auto records = one_record();
  { JournalWriter::create(path()).append(records); }
  const JournalContent old = read_journal(path());
  { JournalWriter::continue_after(path(), old).append(records); }
  EXPECT_THAT(
      refusal_of([&] { JournalWriter::continue_after(path(), old); }),
      Refused(ExitCode::storage, "journal",
              {std::to_string(std::filesystem::file_size(path())) + " bytes", std::to_string(old.valid_bytes)}));
  EXPECT_EQ(read_journal(path()).records.size(), 2u);
}

TEST_F(JournalWriterTest, RefusesADirectoryThatIsNotThere) {
  EXPECT_THAT(refusal_of([&] { JournalWriter::create(path() / "no" / "journal"); }),
              Refused(ExitCode::storage, "no/journal", {"created"}));
}

// In a child process, because a file size limit once lowered binds the whole process.
int exit_of_child(const auto& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(JournalWriterTest, FullDiskIsAnErrorThatLosesNothingSynced) {
  const auto records = sample_records();
  { JournalWriter::create(path()).append(records); }
  const std::string whole = bytes();
  for (std::size_t room = 0; room < 120; room += 7) {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << whole;
    const int exit = exit_of_child([&] {
      std::signal(SIGXFSZ, SIG_IGN);
      JournalWriter writer = JournalWriter::continue_after(path(), read_journal(path()));
      const rlimit limit{whole.size() + room, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const bool refused = refusal_of([&] { writer.append(records); }).code == ExitCode::storage;
      const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &none);
      const bool stays_refused = refusal_of([&] { writer.append(records); }).code == ExitCode::storage;
      return refused && stays_refused ? 0 : 1;
    });
    ASSERT_EQ(exit, 0) << "with room for " << room;
    const JournalContent content = read_journal(path());
    EXPECT_GE(content.records.size(), records.size());
    { JournalWriter::continue_after(path(), content).append(std::span(records).first(1)); }
    EXPECT_EQ(read_journal(path()).records.size(), content.records.size() + 1);
  }
}

}  // namespace
}  // namespace lorasweep
