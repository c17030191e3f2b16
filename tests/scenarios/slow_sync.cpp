// SPDX-License-Identifier: Apache-2.0
// A disk that takes its time: loaded before libc (LD_PRELOAD), it lets the first sync of a file that is longer than
// LORASWEEP_SLOW_SYNC_AFTER bytes take LORASWEEP_SLOW_SYNC seconds.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace {

long number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::atol(text);
}

void wait_once(int file) {
  static std::atomic<bool> waited = false;
  struct stat state {};
  if (fstat(file, &state) != 0 || state.st_size <= number_in("LORASWEEP_SLOW_SYNC_AFTER") || waited.exchange(true))
    return;
  for (long left = number_in("LORASWEEP_SLOW_SYNC"); left > 0; --left) sleep(1);
}

using Sync = int (*)(int);

}  // namespace

extern "C" {

int fdatasync(int file) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  wait_once(file);
  return next(file);
}

int fsync(int file) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fsync"));
  wait_once(file);
  return next(file);
}
}
