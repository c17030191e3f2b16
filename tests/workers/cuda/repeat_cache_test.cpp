// SPDX-License-Identifier: Apache-2.0
#include "workers/cuda/repeat_cache.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using Cache = RepeatCache<int>;
using Step = Cache::Step;

void run_and_record(Cache& cache, const std::string& key, std::uint64_t time, int record) {
  ASSERT_EQ(cache.next(key), Step::plain);
  cache.ran_plainly(key, time);
  ASSERT_EQ(cache.next(key), Step::record);
  cache.recorded(key, time, record);
}

TEST(RepeatCache, AKeyRunsPlainlyThenIsRecordedThenReplayed) {
  Cache cache(4);
  run_and_record(cache, "a", 7, 42);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cache.next("a"), Step::replay);
    EXPECT_EQ(cache.record("a"), 42);
  }
}

TEST(RepeatCache, WhenOldMemoryIsGivenBackEveryKeyThatMayUseItStartsOver) {
  Cache cache(4);
  run_and_record(cache, "a", 3, 10);
  run_and_record(cache, "b", 5, 20);
  ASSERT_EQ(cache.next("c"), Step::plain);
  cache.ran_plainly("c", 6);
  cache.released(3);  // the third allocation was there when a was recorded
  for (const std::string key : {"a", "b", "c"}) {
    EXPECT_EQ(cache.next(key), Step::plain) << key;
    cache.ran_plainly(key, 6);
    EXPECT_EQ(cache.next(key), Step::record) << key;
  }
  cache.recorded("a", 6, 11);
  EXPECT_EQ(cache.next("a"), Step::replay);
  EXPECT_EQ(cache.record("a"), 11);
}

TEST(RepeatCache, WhatIsGivenBackDoesNoHarmToRecordsThatAreOlder) {
  Cache cache(4);
  run_and_record(cache, "a", 3, 10);
  run_and_record(cache, "b", 5, 20);
  cache.released(4);
  EXPECT_EQ(cache.next("a"), Step::replay);
  EXPECT_EQ(cache.next("b"), Step::plain);
}

TEST(RepeatCache, ARecordMayUseWhatWasAllocatedSinceThePlainRun) {
  Cache cache(4);
  EXPECT_EQ(cache.next("a"), Step::plain);
  cache.ran_plainly("a", 3);
  EXPECT_EQ(cache.next("a"), Step::record);
  cache.recorded("a", 5, 10);
  cache.released(4);
  EXPECT_EQ(cache.next("a"), Step::plain);
}

TEST(RepeatCache, WhatCouldNotBeRecordedIsNotTriedAgain) {
  Cache cache(4);
  EXPECT_EQ(cache.next("a"), Step::plain);
  cache.ran_plainly("a", 1);
  EXPECT_EQ(cache.next("a"), Step::record);
  cache.refuse("a");
  for (const std::uint64_t time : {1, 1, 2, 2}) {
    cache.released(time);
    EXPECT_EQ(cache.next("a"), Step::plain);
    cache.ran_plainly("a", time);
  }
}

TEST(RepeatCache, TheKeyUsedLongestAgoIsForgotten) {
  Cache cache(2);
  run_and_record(cache, "a", 1, 10);
  run_and_record(cache, "b", 1, 20);
  EXPECT_EQ(cache.next("a"), Step::replay);
  run_and_record(cache, "c", 1, 30);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.next("a"), Step::replay);
  EXPECT_EQ(cache.next("c"), Step::replay);
  EXPECT_EQ(cache.next("b"), Step::plain);
}

}  // namespace
}  // namespace lorasweep
