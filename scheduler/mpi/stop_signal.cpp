// SPDX-License-Identifier: Apache-2.0
// The signal handlers, and the few lock-free values that they may touch.
#include "scheduler/mpi/stop_signal.h"

#include "data/core/error.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace lorasweep {
namespace {

constexpr std::array watched_signals{SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
constexpr std::int64_t second_interrupt_ns = 2'000'000'000;
constexpr std::int64_t never = INT64_MIN / 2;

std::atomic<bool> installed{false};
std::atomic<int> first_signal{0};
std::atomic<std::int64_t> last_interrupt{never};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);  // allowed in a handler, unlike std::chrono by the letter
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

extern "C" void on_stop_signal(int number) {
  const int saved_errno = errno;
  int none = 0;
  first_signal.compare_exchange_strong(none, number);
  if (number == SIGINT) {
    const std::int64_t now = monotonic_ns();
    if (now - last_interrupt.exchange(now) < second_interrupt_ns) {
      struct sigaction standard {};
      standard.sa_handler = SIG_DFL;
      sigaction(SIGINT, &standard, nullptr);
      raise(SIGINT);  // takes effect when this handler returns
    }
  }
  errno = saved_errno;
}

}  // namespace

StopSignal::StopSignal() {
  if (installed.exchange(true)) throw InternalError("the stop signals are already being watched", "StopSignal");
  first_signal = 0;
  last_interrupt = never;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;  // no half-done read or write because of a signal
  sigemptyset(&action.sa_mask);
  for (const int number : watched_signals) sigaction(number, &action, nullptr);
}

StopSignal::~StopSignal() { installed = false; }

int StopSignal::number() const { return first_signal; }

std::string StopSignal::name() const {
  const char* const abbreviation = sigabbrev_np(number());
  return abbreviation == nullptr ? "" : abbreviation;
}

}  // namespace lorasweep
