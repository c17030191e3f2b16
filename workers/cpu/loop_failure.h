// SPDX-License-Identifier: Apache-2.0
// What a parallel loop throws, carried out of it.
#pragma once

#include <exception>
#include <mutex>

namespace lorasweep {

/// An exception that leaves the body of a parallel loop ends the program (OpenMP). So each turn runs guarded, and the
/// first failure is thrown behind the loop.
class LoopFailure {
 public:
  template <typename Turn>
  void guard(Turn turn) noexcept {
    try {
      turn();
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace lorasweep
