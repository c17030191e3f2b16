// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/fitting_batch.h"

#include "workers/ops.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Parts = std::vector<std::pair<std::size_t, std::size_t>>;

// A device that takes `room` things at a time.
struct Device {
  std::size_t room;
  int releases = 0, attempts = 0;
  Parts done;

  void run(FittingBatch& batch, std::size_t total) {
    done.clear();
    batch.run(
        total,
        [&](std::size_t first, std::size_t count) {
          ++attempts;
          if (count > room) throw OutOfDeviceMemory("full");
          done.emplace_back(first, count);
        },
        [&] { ++releases; });
  }
};

TEST(FittingBatch, WhatFitsIsDoneAtOnce) {
  FittingBatch batch;
  Device device{.room = 27};
  device.run(batch, 27);
  EXPECT_EQ(device.done, (Parts{{0, 27}}));
  EXPECT_EQ(device.releases, 0);
}

TEST(FittingBatch, WhatDoesNotFitIsHalvedUntilItDoesAndTheSizeIsRemembered) {
  FittingBatch batch;
  Device device{.room = 8};
  device.run(batch, 27);
  EXPECT_EQ(device.done, (Parts{{0, 7}, {7, 7}, {14, 7}, {21, 6}}));
  EXPECT_EQ(batch.limit(), 7u);
  const int attempts = device.attempts;
  device.run(batch, 14);
  EXPECT_EQ(device.done, (Parts{{0, 7}, {7, 7}}));
  EXPECT_EQ(device.attempts, attempts + 2) << "it knows how much fits";
  device.run(batch, 8);
  EXPECT_EQ(device.done, (Parts{{0, 4}, {4, 4}})) << "equal parts, not seven and one";
}

TEST(FittingBatch, EverythingIsDoneOnceAndInOrderWhateverFits) {
  for (std::size_t room = 1; room <= 12; ++room)
    for (std::size_t total = 0; total <= 40; ++total) {
      FittingBatch batch;
      Device device{.room = room};
      device.run(batch, total);
      std::size_t next = 0;
      for (const auto& [first, count] : device.done) {
        EXPECT_EQ(first, next);
        next += count;
      }
      EXPECT_EQ(next, total);
    }
}

TEST(FittingBatch, MemoryThatOtherWorkLeftBehindIsGivenBackBeforeTheBatchIsSplit) {
  FittingBatch batch;
  Device device{.room = 5};
  batch.run(
      10,
      [&](std::size_t, std::size_t count) {
        if (device.releases == 0) throw OutOfDeviceMemory("the last prediction is still here");
        EXPECT_EQ(count, 10u);
      },
      [&] { ++device.releases; });
  EXPECT_EQ(device.releases, 1);
  EXPECT_GT(batch.limit(), 10u);
}

TEST(FittingBatch, OneThatDoesNotFitAloneIsTheDevicesError) {
  FittingBatch batch;
  Device device{.room = 0};
  EXPECT_THROW(device.run(batch, 4), OutOfDeviceMemory);
  EXPECT_EQ(batch.limit(), 1u);
  device.room = 1;
  device.run(batch, 2);
  EXPECT_EQ(device.done, (Parts{{0, 1}, {1, 1}})) << "and the next work is tried";
}

TEST(FittingBatch, TheHostsMemoryIsMadeRoomInAsADevicesIs) {
  FittingBatch batch;
  Parts done;
  int releases = 0;
  const auto attempt = [&](std::size_t first, std::size_t count) {
    if (count > 2) throw std::bad_alloc();
    done.emplace_back(first, count);
  };
  batch.run(4, attempt, [&] { ++releases; });
  EXPECT_EQ(done, (Parts{{0, 2}, {2, 2}}));
  EXPECT_EQ(releases, 2);
  EXPECT_THROW(batch.run(
                   1, [](std::size_t, std::size_t) { throw std::bad_alloc(); }, [] {}),
               std::bad_alloc);
}

TEST(FittingBatch, OtherErrorsPass) {
  FittingBatch batch;
  int releases = 0;
  EXPECT_THROW(batch.run(
                   3, [](std::size_t, std::size_t) { throw DeviceLost("gone"); }, [&] { ++releases; }),
               DeviceLost);
  EXPECT_EQ(releases, 0);
}

}  // namespace
}  // namespace lorasweep
