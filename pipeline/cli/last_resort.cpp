// SPDX-License-Identifier: Apache-2.0
// Ends a process that has run out of memory. Nothing here may allocate.
#include "pipeline/cli/last_resort.h"

#include "data/core/error.h"
#include "data/core/memory.h"

#include <execinfo.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>

namespace lorasweep {
namespace {

// A process that cannot get this much more has failed for lack of memory.
constexpr std::size_t spare_memory = std::size_t{16} << 20;

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = write(STDERR_FILENO, text.data(), text.size());
    if (done <= 0) return;
    text.remove_prefix(done);
  }
}

[[noreturn]] void end_without_memory() {
  say("lorasweep: error: ");
  say(lack_of_memory);
  say("\n");
  _exit(static_cast<int>(ExitCode::internal));
}

std::terminate_handler previous_terminate = nullptr;

bool is_lack_of_memory(const std::exception_ptr& failure) {
  if (!failure) return false;
  try {
    std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

[[noreturn]] void on_terminate() {
  if (is_lack_of_memory(std::current_exception()) || !has_memory(spare_memory)) end_without_memory();
  previous_terminate();
  std::abort();
}

void on_crash(int signal) {
  if (!has_memory(spare_memory)) end_without_memory();
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// The handler runs on a stack of its own, because the main thread's may be the one that could not grow. A handler that
// is installed already, such as a sanitizer's, stays.
void watch_for_crashes() {
  alignas(16) static std::array<std::byte, std::size_t{64} << 10> memory;
  const stack_t stack{.ss_sp = memory.data(), .ss_flags = 0, .ss_size = memory.size()};
  sigaltstack(&stack, nullptr);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) {
    struct sigaction known {};
    if (sigaction(signal, nullptr, &known) != 0 || known.sa_handler != SIG_DFL) continue;
    struct sigaction crash {};
    crash.sa_handler = on_crash;
    crash.sa_flags = SA_ONSTACK;
    sigaction(signal, &crash, nullptr);
  }
}

}  // namespace

void end_in_order_without_memory() {
  // The C library reserves 64 MiB of addresses for each thread that allocates; where they are counted, threads share.
  rlimit addresses{};
  if (getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 1);
  // A thread that ends needs the unwinder. The C library loads it at its first use, and aborts the program if it
  // cannot.
  void* here = nullptr;
  if (backtrace(&here, 1) == 0) end_without_memory();
  previous_terminate = std::set_terminate(on_terminate);
  watch_for_crashes();
}

}  // namespace lorasweep
