// SPDX-License-Identifier: Apache-2.0
// What a mark notices.
#include "data/core/file_mark.h"

#include "data/core/file.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace lorasweep {
namespace {

class FileMarks : public testing::Test {
 protected:
  /// Later than the file system's clock tick, which may be as long as a second's hundredth.
  static void wait_a_tick() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("weights", "0123456789");
};

TEST_F(FileMarks, AreEqualWhereNobodyWrote) {
  const FileMark before = mark_of(file);
  EXPECT_EQ(before.size, 10u);
  wait_a_tick();
  EXPECT_EQ(read_file(file, 100), "0123456789");
  EXPECT_EQ(mark_of(file), before);
  std::filesystem::create_symlink(file, folder.path() / "link");
  EXPECT_EQ(mark_of(folder.path() / "link"), before) << "the file counts, not the way to it";
}

TEST_F(FileMarks, DifferWhereTheFileWasReplacedWrittenToOrCut) {
  FileMark before = mark_of(file);
  const auto expect_change = [&](const char* what) {
    EXPECT_NE(mark_of(file), before) << what;
    before = mark_of(file);
    wait_a_tick();
  };
  wait_a_tick();
  write_file_atomically(file, "0123456789");
  expect_change("another file with the same bytes");
  const auto time = std::filesystem::last_write_time(file);
  std::fstream(file, std::ios::in | std::ios::out) << "x";
  std::filesystem::last_write_time(file, time);
  expect_change("a byte, and the old time put back");
  std::filesystem::resize_file(file, 9);
  expect_change("a byte less");
  std::filesystem::remove(file);
  EXPECT_THAT(refusal_of([&] { mark_of(file); }),
              RefusedWith(ExitCode::bad_input, file.string(), std::vector<std::string>{}));
}

}  // namespace
}  // namespace lorasweep
