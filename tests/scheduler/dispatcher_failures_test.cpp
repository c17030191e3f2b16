// SPDX-License-Identifier: Apache-2.0
// Units that fail: where they are tried again, what counts against them, and when they are given up.
#include "tests/scheduler/dispatcher_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DispatcherFailuresTest : public DispatcherTest {};

TEST_F(DispatcherFailuresTest, TriesAFailedUnitOnAnotherWorker) {
  join(1);
  join(2);
  assign();
  fail({1, 1, 0});
  done({2, 2, 0});
  EXPECT_THAT(assign(), ElementsAre(Sent{1, 5, 0}, Sent{2, 1, 1}));
}

TEST_F(DispatcherFailuresTest, GivesUpAUnitThatFailedThreeTimesOnTwoWorkers) {
  join(1);
  join(2);
  assign();
  fail({1, 1, 0});
  done({2, 2, 0});
  assign();
  fail({2, 1, 1});
  EXPECT_THAT(dispatcher_.take_abandoned(), IsEmpty());
  done({1, 3, 0});
  EXPECT_THAT(assign(), ElementsAre(Sent{1, 1, 2}, Sent{2, 6, 0})) << "all have failed: whoever is free";
  fail({1, 1, 2});
  EXPECT_THAT(dispatcher_.take_abandoned(), ElementsAre(std::pair<UnitId, std::string>(1, "no memory")));
  EXPECT_THAT(completed(), ElementsAre(2, 3));
}

TEST_F(DispatcherFailuresTest, GivesUpAfterThreeFailuresWhenThereIsOnlyOneWorker) {
  join(1);
  assign();
  for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
    fail({1, 1, attempt});
    assign();
  }
  EXPECT_THAT(dispatcher_.take_abandoned(), testing::SizeIs(1));
}

TEST_F(DispatcherFailuresTest, TakesAFailureWithoutAReasonForOne) {
  join(1);
  assign();
  for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
    dispatcher_.on(WorkerReported{1, {1, attempt, 1, WorkFailure{}}}, now_);
    assign();
  }
  EXPECT_THAT(completed(), IsEmpty());
  EXPECT_THAT(dispatcher_.take_abandoned(), ElementsAre(std::pair<UnitId, std::string>(1, "unknown")));
}

TEST_F(DispatcherFailuresTest, CountsAFailureThatArrivesTwiceOnce) {
  join(1);
  assign();
  fail({1, 1, 0});
  EXPECT_THAT(assign(), ElementsAre(Sent{1, 1, 1}));
  fail({1, 1, 0});
  EXPECT_THAT(assign(), IsEmpty()) << "the second attempt is still out";
  fail({1, 1, 1});
  EXPECT_THAT(dispatcher_.take_abandoned(), IsEmpty()) << "it failed twice, not three times";
}

TEST_F(DispatcherFailuresTest, BlamesALossOnlyOnTheUnitThatWasAtWork) {
  for (WorkerId worker = 1; worker <= 3; ++worker) {
    join(worker);
    assign();
    lose(worker);
  }
  join(4);
  // Unit 2 was behind unit 1 at each loss.
  const auto abandoned = dispatcher_.take_abandoned();
  ASSERT_THAT(abandoned, testing::SizeIs(1));
  EXPECT_EQ(abandoned[0].first, 1u);
  EXPECT_THAT(abandoned[0].second, HasSubstr("its node went away")) << "the transport's reason goes with it";
  EXPECT_THAT(news(), ElementsAre(News{1, Kind::lost}, News{2, Kind::lost}, News{3, Kind::lost}));
  EXPECT_THAT(assign(), ElementsAre(Sent{4, 2, 3}, Sent{4, 3, 0}));
}

TEST_F(DispatcherFailuresTest, BlamesNoUnitForAWorkerThatHadNoMemory) {
  for (WorkerId worker = 1; worker <= 9; ++worker) {
    join(worker);
    assign();
    dispatcher_.on(WorkerLost{worker, std::string(out_of_memory)}, now_);
  }
  EXPECT_THAT(dispatcher_.take_abandoned(), IsEmpty());
  join(10);
  EXPECT_THAT(assign(), ElementsAre(Sent{10, 1, 9}, Sent{10, 2, 9}));
}

TEST_F(DispatcherFailuresTest, BlamesAnOverstayedLeaseOnlyOnTheUnitThatWasAtWork) {
  for (WorkerId worker = 1; worker <= 3; ++worker) {
    join(worker);
    assign();
    pass(1010s, {1, 2, 3});
  }
  const auto abandoned = dispatcher_.take_abandoned();
  ASSERT_THAT(abandoned, testing::SizeIs(1));
  EXPECT_EQ(abandoned[0].first, 1u);
  EXPECT_FALSE(abandoned[0].second.empty());
  EXPECT_THAT(news(), ElementsAre(News{1, Kind::overdue}, News{2, Kind::overdue}, News{1, Kind::stuck},
                                  News{3, Kind::overdue}));
}

}  // namespace
}  // namespace lorasweep
