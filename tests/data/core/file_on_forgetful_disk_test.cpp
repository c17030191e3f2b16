// SPDX-License-Identifier: Apache-2.0
// Replacing a file and making directories, whatever call fails and whenever the power does.
#include "data/core/directory.h"
#include "data/core/error.h"
#include "data/core/file.h"
#include "tests/data/core/forgetful_disk.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

TEST(FileOnForgetfulDisk, IsTheOldOneOrTheNewOneWheneverThePowerFails) {
  const TemporaryFolder folder;
  ForgetfulDisk disk(folder.path());
  const std::filesystem::path path = folder.path() / "f";
  const std::string older(700, 'o'), newer(900, 'n');
  for (int off = 1; off < 12; ++off)
    for (const Kept kept : {Kept::nothing, Kept::some, Kept::everything})
      for (unsigned seed = 0; seed < 20; ++seed) {
        disk.lose_power(Kept::everything, 0);
        write_file_atomically(path, older);
        disk.go_off_at(disk.calls() + off);
        bool is_done = true;
        try {
          write_file_atomically(path, newer);
        } catch (const StorageError&) {
          is_done = false;
        }
        disk.lose_power(kept, seed);
        const std::string found = read_file(path, 1 << 20);
        ASSERT_TRUE(found == newer || (found == older && !is_done)) << "off at " << off << ", seed " << seed;
      }
}

TEST(FileOnForgetfulDisk, IsTheOldOneWhereACallFails) {
  const TemporaryFolder folder;
  ForgetfulDisk disk(folder.path());
  const std::filesystem::path path = folder.path() / "f";
  write_file_atomically(path, "old");
  int failed = 0;
  for (int at = 1; at < 12; ++at) {
    disk.fail_at(disk.calls() + at, ENOSPC);
    try {
      write_file_atomically(path, "new");
    } catch (const StorageError&) {
      ++failed;
    }
    // Only the directory's sync fails when it is the new one already.
    const std::string found = read_file(path, 1 << 20);
    EXPECT_TRUE(found == "old" || found == "new") << at;
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << at;
    disk.fail_at(0, 0);
    write_file_atomically(path, "old");
  }
  EXPECT_EQ(failed, 5) << "created, written, synced, renamed, directory synced";
}

// What directories were made and synced, in order.
class NamesOfDirectories final : public FileCalls {
 public:
  NamesOfDirectories() : before_(put_file_calls(this)) {}
  ~NamesOfDirectories() override { put_file_calls(before_); }

  int open(const char* path, int flags, mode_t mode) override {
    opened_ = path;
    return FileCalls::open(path, flags, mode);
  }
  int fsync(int) override {
    done.push_back("sync " + opened_);
    return 0;
  }
  int mkdir(const char* path, mode_t mode) override {
    done.push_back(std::string("make ") + path);
    return FileCalls::mkdir(path, mode);
  }

  std::vector<std::string> done;

 private:
  FileCalls* before_;
  std::string opened_;
};

TEST(Directories, AreMadeFromTheTopAndEachNameIsDurableBeforeTheNext) {
  const TemporaryFolder folder;
  NamesOfDirectories names;
  const std::string top = folder.path(), above = folder.path().parent_path();
  make_directories(folder.path() / "a" / "b" / "");
  EXPECT_EQ(names.done, (std::vector<std::string>{"sync " + above, "make " + top + "/a", "sync " + top,
                                                  "make " + top + "/a/b", "sync " + top + "/a"}));
  names.done.clear();
  make_directories(folder.path() / "a" / "b");
  EXPECT_EQ(names.done, std::vector<std::string>{"sync " + top + "/a"});
}

TEST(Directories, AreRefusedBelowAFile) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("f", "x");
  EXPECT_THROW(make_directories(file), StorageError);
  EXPECT_THROW(make_directories(file / "d"), StorageError);
}

}  // namespace
}  // namespace lorasweep
