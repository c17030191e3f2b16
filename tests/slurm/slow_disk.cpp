// SPDX-License-Identifier: Apache-2.0
// A disk that takes its time for as long as a test wants: loaded before libc (LD_PRELOAD), it lets every sync take two
// seconds while the file that SLOW_DISK_WHILE names is there. So a sweep of a few seconds' work lasts until a test has
// seen what it waits for, on machines of any speed, and burns no core meanwhile.
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

using Sync = int (*)(int);
using namespace std::chrono_literals;

void wait_for_the_disk() {
  const char* const file = std::getenv("SLOW_DISK_WHILE");
  if (file == nullptr) return;
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < end && access(file, F_OK) == 0) std::this_thread::sleep_for(50ms);
}

}  // namespace

extern "C" {

int fdatasync(int file) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  wait_for_the_disk();
  return next(file);
}

int fsync(int file) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fsync"));
  wait_for_the_disk();
  return next(file);
}
}
