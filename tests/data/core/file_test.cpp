// SPDX-License-Identifier: Apache-2.0
// Reading files that are there, are not, shrink; replacing them whole or not at all.
#include "data/core/file.h"

#include "data/core/error.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t mebibyte = 1u << 20;

// Files may not grow beyond so many bytes: what a full disk looks like to a writer.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_action_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    signal(SIGXFSZ, old_action_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_limit_{};
  void (*old_action_)(int) = nullptr;
};

TEST(File, IsReadWhole) {
  const TemporaryFolder folder;
  const std::string content("a\0b\n", 4);
  EXPECT_EQ(read_file(folder.write("f", content), 4), content);
  EXPECT_EQ(read_file(folder.write("empty", ""), 4), "");
}

TEST(File, IsRefusedWithItsNameWhereItCannotBeRead) {
  const TemporaryFolder folder;
  const auto reading = [](const std::filesystem::path& path) { return refusal_of([&] { read_file(path, 3); }); };
  EXPECT_THAT(reading(folder.path() / "missing"),
              Reported(ExitCode::bad_input, (folder.path() / "missing").string(), {std::strerror(ENOENT)}));
  EXPECT_THAT(reading(folder.path()), Reported(ExitCode::bad_input, folder.path().string()));
  EXPECT_THAT(reading(folder.write("long", "four")), Reported(ExitCode::bad_input, "long", {"4", "3"}));
}

TEST(File, APipeIsRefusedAtOnceAndNotWaitedFor) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of([&] { read_file(folder.path() / "pipe", 3); }), Reported(ExitCode::bad_input, "pipe"));
}

TEST(RandomAccessFile, ReadsAnywhereAndRefusesToReadBehindTheEnd) {
  const TemporaryFolder folder;
  const RandomAccessFile file(folder.write("f", "0123456789"));
  EXPECT_EQ(file.size(), 10u);
  std::array<std::byte, 3> out{};
  file.read(7, out);
  EXPECT_EQ(out[0], std::byte{'7'});
  EXPECT_EQ(out[2], std::byte{'9'});
  EXPECT_THAT(refusal_of([&] { file.read(8, out); }), Refused(ExitCode::bad_input, "f", {"11"}));
  EXPECT_THROW(file.read(std::uint64_t{1} << 63, out), InputError);
}

TEST(RandomAccessFile, ReportsAFileThatWasCutMeanwhile) {
  const TemporaryFolder folder;
  const RandomAccessFile file(folder.write("f", "0123456789"));
  std::filesystem::resize_file(file.path(), 2);
  std::array<std::byte, 3> out{};
  EXPECT_THAT(refusal_of([&] { file.read(0, out); }), Refused(ExitCode::bad_input, "f", {"3"}));
}

TEST(RandomAccessFile, CanBeMoved) {
  const TemporaryFolder folder;
  RandomAccessFile first(folder.write("first", "1"));
  RandomAccessFile second(folder.write("second", "2"));
  second = std::move(first);
  RandomAccessFile third(std::move(second));
  std::array<std::byte, 1> out{};
  third.read(0, out);
  EXPECT_EQ(out[0], std::byte{'1'});
  EXPECT_EQ(third.path().filename(), "first");
}

TEST(AtomicWrite, CreatesAndReplacesAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "f", "one");
  write_file_atomically(folder.path() / "f", "two");
  EXPECT_EQ(read_file(folder.path() / "f", mebibyte), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicWrite, LeavesTheOldFileWhereSpaceRunsOut) {
  const TemporaryFolder folder;
  folder.write("f", "old");
  Refusal refusal;
  {
    const FileSizeLimit full(1000);
    refusal = refusal_of([&] { write_file_atomically(folder.path() / "f", std::string(5000, 'x')); });
  }
  EXPECT_THAT(refusal, Reported(ExitCode::storage, folder.path().string(), {std::strerror(EFBIG)}));
  EXPECT_EQ(read_file(folder.path() / "f", mebibyte), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicWrite, IsRefusedInADirectoryThatIsNotThere) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal_of([&] { write_file_atomically(folder.path() / "no/f", "x"); }),
              Reported(ExitCode::storage, "no/f", {std::strerror(ENOENT)}));
}

TEST(AtomicWrite, IsRefusedOverADirectory) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "d");
  EXPECT_THAT(refusal_of([&] { write_file_atomically(folder.path() / "d", "x"); }),
              Reported(ExitCode::storage, (folder.path() / "d").string(), {std::strerror(EISDIR)}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(ReplaceFile, MovesTheTemporaryOverTheOldOne) {
  const TemporaryFolder folder;
  folder.write("f", "old");
  replace_file(folder.write("f.tmp", "new"), folder.path() / "f");
  EXPECT_EQ(read_file(folder.path() / "f", mebibyte), "new");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "f.tmp"));
  EXPECT_THROW(replace_file(folder.path() / "missing", folder.path() / "f"), StorageError);
  EXPECT_EQ(read_file(folder.path() / "f", mebibyte), "new");
}

}  // namespace
}  // namespace lorasweep
