// SPDX-License-Identifier: Apache-2.0
#include "data/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lorasweep {
namespace {

TEST(InParallel, DoesEveryPieceOnce) {
  for (const std::size_t count : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> done(count);
    in_parallel(count, [&](std::size_t piece) { ++done[piece]; });
    for (const auto& times : done) EXPECT_EQ(times, 1);
  }
}

TEST(InParallel, ThrowsForTheLowestPieceThatFailsWhicheverFailsFirst) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::atomic<int> begun = 0;
    try {
      in_parallel(100, [&](std::size_t piece) {
        ++begun;
        if (piece == 3) std::this_thread::sleep_for(std::chrono::milliseconds(attempt % 3));
        if (piece >= 3) throw std::runtime_error(std::to_string(piece));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "3");
    }
    EXPECT_LT(begun, 100) << "what comes after a failure is not begun";
  }
}

TEST(InParallel, StaysOnThisThreadIfOnlyOneIsWanted) {
  const auto here = std::this_thread::get_id();
  in_parallel(
      10, [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), here); }, 1);
}

}  // namespace
}  // namespace lorasweep
