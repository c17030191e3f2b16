// SPDX-License-Identifier: Apache-2.0
// Hands each call on to the system.
#include "data/core/file_calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace lorasweep {
namespace {

FileCalls* in_place = nullptr;

}  // namespace

int FileCalls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
ssize_t FileCalls::write(int descriptor, const void* bytes, std::size_t count) {
  return ::write(descriptor, bytes, count);
}
int FileCalls::fsync(int descriptor) { return ::fsync(descriptor); }
int FileCalls::fdatasync(int descriptor) { return ::fdatasync(descriptor); }
int FileCalls::ftruncate(int descriptor, off_t length) { return ::ftruncate(descriptor, length); }
int FileCalls::close(int descriptor) { return ::close(descriptor); }
int FileCalls::rename(const char* from, const char* to) { return ::rename(from, to); }
int FileCalls::mkdir(const char* path, mode_t mode) { return ::mkdir(path, mode); }

FileCalls& file_calls() {
  static FileCalls system;
  return in_place != nullptr ? *in_place : system;
}

FileCalls* put_file_calls(FileCalls* calls) { return std::exchange(in_place, calls); }

}  // namespace lorasweep
