// SPDX-License-Identifier: Apache-2.0
#include "workers/cuda/repeat_cache.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using Cache = RepeatCache<int>;
using Step = Cache::Step;

void run_and_record(Cache& cache, const std::string& key, std::uint64_t generation, int record) {
  ASSERT_EQ(cache.next(key, generation), Step::plain);
  cache.ran_plainly(key, generation);
  ASSERT_EQ(cache.next(key, generation), Step::record);
  cache.recorded(key, record);
}

TEST(RepeatCache, AKeyRunsPlainlyThenIsRecordedThenReplayed) {
  Cache cache(4);
  run_and_record(cache, "a", 7, 42);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cache.next("a", 7), Step::replay);
    EXPECT_EQ(cache.record("a"), 42);
  }
}

TEST(RepeatCache, AllocationsOfThePlainRunItselfDoNotCount) {
  Cache cache(4);
  EXPECT_EQ(cache.next("a", 1), Step::plain);
  cache.ran_plainly("a", 5);  // intermediate memory grew meanwhile
  EXPECT_EQ(cache.next("a", 5), Step::record);
}

TEST(RepeatCache, AfterAnAllocationEveryKeyStartsOver) {
  Cache cache(4);
  run_and_record(cache, "a", 1, 10);
  run_and_record(cache, "b", 1, 20);
  EXPECT_EQ(cache.next("a", 2), Step::plain);
  cache.ran_plainly("a", 2);
  EXPECT_EQ(cache.next("b", 2), Step::plain);
  cache.ran_plainly("b", 2);
  EXPECT_EQ(cache.next("a", 2), Step::record);
  cache.recorded("a", 11);
  EXPECT_EQ(cache.next("a", 2), Step::replay);
  EXPECT_EQ(cache.record("a"), 11);
}

TEST(RepeatCache, WhatAllocatesInEveryRunIsNeverRecorded) {
  Cache cache(4);
  for (std::uint64_t generation = 0; generation < 10; ++generation) {
    EXPECT_EQ(cache.next("a", generation), Step::plain);
    cache.ran_plainly("a", generation);
  }
}

TEST(RepeatCache, WhatCouldNotBeRecordedIsNotTriedAgain) {
  Cache cache(4);
  EXPECT_EQ(cache.next("a", 1), Step::plain);
  cache.ran_plainly("a", 1);
  EXPECT_EQ(cache.next("a", 1), Step::record);
  cache.refuse("a");
  for (const std::uint64_t generation : {1, 1, 2, 2}) {
    EXPECT_EQ(cache.next("a", generation), Step::plain);
    cache.ran_plainly("a", generation);
  }
}

TEST(RepeatCache, TheKeyUsedLongestAgoIsForgotten) {
  Cache cache(2);
  run_and_record(cache, "a", 1, 10);
  run_and_record(cache, "b", 1, 20);
  EXPECT_EQ(cache.next("a", 1), Step::replay);
  run_and_record(cache, "c", 1, 30);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.next("a", 1), Step::replay);
  EXPECT_EQ(cache.next("c", 1), Step::replay);
  EXPECT_EQ(cache.next("b", 1), Step::plain);
}

}  // namespace
}  // namespace lorasweep
