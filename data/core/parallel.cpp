// SPDX-License-Identifier: Apache-2.0
#include "data/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace lorasweep {

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& each, std::size_t most) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex guard;
  std::exception_ptr failure;
  std::size_t failed_at = count;
  // Pieces are taken in order, so those below one that failed are done or under way: which one is thrown for does not
  // depend on time.
  const auto work = [&] {
    while (!failed) {
      const std::size_t piece = next++;
      if (piece >= count) return;
      try {
        each(piece);
      } catch (...) {
        const std::lock_guard lock(guard);
        failed = true;
        if (piece >= failed_at) continue;
        failed_at = piece;
        failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t threads = std::min({most, count, std::size_t{std::max(std::thread::hardware_concurrency(), 1u)}});
    try {
      while (others.size() + 1 < threads) others.emplace_back(work);
    } catch (const std::system_error&) {
      // as many as there are
    }
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace lorasweep
