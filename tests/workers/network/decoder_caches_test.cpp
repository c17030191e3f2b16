// SPDX-License-Identifier: Apache-2.0
// Caches keep what was in them when they grow, and take the memory that was announced.
#include "workers/network/decoder_caches.h"

#include "tests/testing/limited_ops.h"
#include "workers/device/make_ops.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

constexpr int layers = 3, width = 6, slots = 5;

class Caches : public testing::Test {
 protected:
  float& value(int layer, int slot, int position, int column) {
    const DecoderCache& cache = caches.layers()[layer];
    return cache.rows.f32()[(slot * cache.capacity + position) * width + column];
  }

  LimitedMemory memory;
  LimitedOps ops{make_ops({}), memory};
  DecoderCaches caches{ops, layers, width};
};

TEST_F(Caches, HaveRoomForAShortAnswerOfEverySlotInEveryLayer) {
  caches.open(slots);
  EXPECT_EQ(caches.layers().size(), static_cast<std::size_t>(layers));
  EXPECT_EQ(caches.capacity(), DecoderCaches::first_capacity);
  EXPECT_EQ(caches.layers()[0].rows.rows, slots * DecoderCaches::first_capacity);
  EXPECT_EQ(caches.layers()[0].rows.cols, width);
}

TEST_F(Caches, KeepWhatIsInThemWhenTheyGrow) {
  caches.open(slots);
  for (int layer = 0; layer < layers; ++layer)
    for (int slot = 0; slot < slots; ++slot)
      for (int position = 0; position < caches.capacity(); ++position)
        value(layer, slot, position, 2) = static_cast<float>(10000 * layer + 100 * slot + position);
  caches.grow(40);
  EXPECT_EQ(caches.capacity(), 40);
  for (int layer = 0; layer < layers; ++layer)
    for (int slot = 0; slot < slots; ++slot)
      for (int position = 0; position < DecoderCaches::first_capacity; ++position)
        ASSERT_EQ(value(layer, slot, position, 2), static_cast<float>(10000 * layer + 100 * slot + position));
}

TEST_F(Caches, TakeNoMoreThanIsAnnounced) {
  caches.open(slots);
  caches.grow(50);
  EXPECT_LE(memory.most_used, DecoderCaches::bytes(layers, width, slots, 50));
  EXPECT_EQ(DecoderCaches::bytes(layers, width, slots, 1), DecoderCaches::bytes(layers, width, slots, 16));
}

TEST_F(Caches, KeepMemoryForShortAnswersAndNotForLongOnes) {
  caches.open(slots);
  const std::size_t held = memory.used;
  caches.close();
  EXPECT_EQ(memory.used, held);
  caches.open(slots - 1);
  EXPECT_EQ(memory.used, held);
  caches.grow(32);
  EXPECT_GT(memory.used, held);
  caches.close();
  EXPECT_EQ(memory.used, held);
  caches.open(slots);
  EXPECT_EQ(memory.used, held);
  caches.release();
  EXPECT_EQ(memory.used, 0u);
}

}  // namespace
}  // namespace lorasweep
