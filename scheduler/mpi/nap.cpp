// SPDX-License-Identifier: Apache-2.0
// The adaptive rest of polling loops.
#include "scheduler/mpi/nap.h"

#include <algorithm>
#include <thread>

namespace lorasweep {
namespace {

constexpr int yields = 32;    // some tens of microseconds: an answer that is on its way arrives within them
constexpr int doublings = 6;  // 16 us, 32 us, ... 1024 us

}  // namespace

std::chrono::microseconds Nap::next() {
  const int round = idle_rounds_;
  idle_rounds_ = std::min(idle_rounds_ + 1, yields + doublings);
  return round < yields ? std::chrono::microseconds(0) : std::chrono::microseconds(16 << (round - yields));
}

void Nap::rest(std::chrono::nanoseconds at_most) {
  const std::chrono::nanoseconds duration = std::min<std::chrono::nanoseconds>(next(), at_most);
  if (duration.count() <= 0) {
    std::this_thread::yield();
  } else {
    std::this_thread::sleep_for(duration);
  }
}

}  // namespace lorasweep
