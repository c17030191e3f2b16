// SPDX-License-Identifier: Apache-2.0
// The system calls that change files and make them durable, in one place, so that a test can stand in for the disk.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace lorasweep {

/// Each member is the system call of its name, with its result and its errno. A test derives from it, lets calls fail,
/// and forgets what was not synced. Reading, locking and asking go to the system directly.
class FileCalls {
 public:
  FileCalls() = default;
  virtual ~FileCalls() = default;
  FileCalls(const FileCalls&) = delete;
  FileCalls& operator=(const FileCalls&) = delete;

  virtual int open(const char* path, int flags, mode_t mode);
  virtual ssize_t write(int descriptor, const void* bytes, std::size_t count);
  virtual int fsync(int descriptor);
  virtual int fdatasync(int descriptor);
  virtual int ftruncate(int descriptor, off_t length);
  virtual int close(int descriptor);
  virtual int rename(const char* from, const char* to);
  virtual int mkdir(const char* path, mode_t mode);
};

/// Those that files are written with: the system's, unless a test has put others in their place.
FileCalls& file_calls();
/// For tests. Returns what was in their place; `calls` must live until it is put back. nullptr: the system's.
FileCalls* put_file_calls(FileCalls* calls);

}  // namespace lorasweep
