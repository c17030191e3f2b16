// SPDX-License-Identifier: Apache-2.0
// The scheduler's rules, one event at a time: who gets what, and when it is taken back.
#include "scheduler/dispatcher.h"

#include "tests/scheduler/dispatcher_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(DispatcherTest, SaysWhatEveryWorkerIsAt) {
  join(1);
  join(2);
  ASSERT_EQ(assign().size(), 4u);
  now_ += std::chrono::seconds(30);
  beat({1});
  const auto workers = dispatcher_.workers_now(now_);
  ASSERT_EQ(workers.size(), 2u);
  EXPECT_EQ(workers[0].heard, std::chrono::seconds(0));
  EXPECT_EQ(workers[1].heard, std::chrono::seconds(30));
  EXPECT_EQ(workers[0].at_unit, std::chrono::seconds(30));
  EXPECT_EQ(workers[0].units, 2u);
  pass(std::chrono::seconds(70), {1});
  EXPECT_EQ(dispatcher_.workers_now(now_)[1].standing, WorkerNow::Standing::silent);
}

TEST_F(DispatcherTest, GivesEveryWorkerAFirstUnitBeforeAnyGetsASecond) {
  join(1);
  join(2);
  join(3);
  EXPECT_THAT(assign(),
              ElementsAre(Sent{1, 1, 0}, Sent{2, 2, 0}, Sent{3, 3, 0}, Sent{1, 4, 0}, Sent{2, 5, 0}, Sent{3, 6, 0}));
  EXPECT_THAT(assign(), IsEmpty());
}

TEST_F(DispatcherTest, GivesTheNextUnitToTheWorkerThatReported) {
  join(1);
  join(2);
  assign();
  done({2, 2, 0});
  EXPECT_THAT(assign(), ElementsAre(Sent{2, 5, 0}));
  EXPECT_THAT(completed(), ElementsAre(2));
}

TEST_F(DispatcherTest, HandsACompletionOverWithAllThatTheWorkerSaid) {
  join(7);
  assign();
  const Report report{.unit = 1, .attempt = 0, .seconds = 2.5, .outcome = EvaluateResult{{{1, 2}}}};
  dispatcher_.on(WorkerReported{7, report}, now_);
  const auto completions = dispatcher_.take_completions();
  ASSERT_EQ(completions.size(), 1u);
  EXPECT_EQ(completions[0].worker, 7);
  EXPECT_EQ(completions[0].report, report);
  EXPECT_THAT(dispatcher_.take_completions(), IsEmpty());
}

TEST_F(DispatcherTest, ReissuesTheUnitsOfALostWorkerBeforeNewOnes) {
  join(1);
  assign();
  lose(1);
  EXPECT_EQ(dispatcher_.workers(), 0u);
  EXPECT_FALSE(dispatcher_.idle());
  join(2);
  EXPECT_THAT(assign(), ElementsAre(Sent{2, 1, 1}, Sent{2, 2, 1}));
  EXPECT_EQ(dispatcher_.reissued(), 2u);
}

TEST_F(DispatcherTest, ReissuesTheUnitsOfASilentWorker) {
  join(1);
  join(2);
  assign();
  pass(60s, {2});
  EXPECT_EQ(dispatcher_.workers(), 2u);
  pass(10s, {2});
  EXPECT_EQ(dispatcher_.workers(), 1u);
  done({2, 2, 0});
  done({2, 4, 0});
  EXPECT_THAT(assign(), ElementsAre(Sent{2, 1, 1}, Sent{2, 3, 1}));
}

TEST_F(DispatcherTest, TakesASilentWorkerUpAgainWhenItIsHeard) {
  join(1);
  assign();
  pass(70s, {});
  EXPECT_EQ(dispatcher_.workers(), 0u);
  beat({1});  // it was stopped, and goes on
  EXPECT_EQ(dispatcher_.workers(), 1u);
  EXPECT_THAT(assign(), IsEmpty()) << "it is still at what it was given before";
  done({1, 1, 0});
  EXPECT_THAT(completed(), ElementsAre(1));
  EXPECT_THAT(assign(), ElementsAre(Sent{1, 3, 0}));
  done({1, 2, 0});
  EXPECT_THAT(completed(), ElementsAre(2)) << "the attempt that was taken back counts all the same";
}

TEST_F(DispatcherTest, TakesAUnitBackWhenItsLeaseEnds) {
  join(1);
  join(2);
  assign();
  pass(1000s, {1, 2});
  EXPECT_EQ(dispatcher_.reissued(), 0u);
  done({2, 2, 0}, 1);  // from now on a lease is 100 s
  pass(100s, {1, 2});
  done({2, 4, 0}, 1);
  EXPECT_THAT(assign(), ElementsAre(Sent{2, 1, 1}, Sent{2, 3, 1}));
}

TEST_F(DispatcherTest, LetsALeaseBeginWhenTheWorkerReachesTheUnit) {
  join(1);
  join(2);
  assign();
  done({2, 2, 0}, 30);  // a lease is 300 s
  assign();
  pass(250s, {1, 2});
  done({1, 1, 0}, 250);
  done({2, 4, 0}, 1);
  assign();
  pass(290s, {1, 2});
  EXPECT_EQ(dispatcher_.reissued(), 0u) << "unit 3 waited 250 s in the queue and was at work for 290 s";
}

TEST_F(DispatcherTest, GivesNothingToAWorkerThatOverstaysUntilItReports) {
  join(1);
  source_.next({});  // only one unit at a time from here on
  assign();
  pass(1010s, {1});
  EXPECT_THAT(assign(), IsEmpty());
  done({1, 2, 0});
  EXPECT_THAT(completed(), ElementsAre(2));
  EXPECT_THAT(assign(), ElementsAre(Sent{1, 4, 0})) << "unit 3 is still in its queue";
}

TEST_F(DispatcherTest, CountsAWorkerThatNeverComesBackAsGone) {
  join(1);
  assign();
  pass(2990s, {1});
  EXPECT_EQ(dispatcher_.workers(), 1u);
  pass(20s, {1});
  EXPECT_EQ(dispatcher_.workers(), 0u) << "or a sweep whose workers all hang would wait for ever";
  done({1, 1, 0});
  EXPECT_EQ(dispatcher_.workers(), 1u);
}

TEST_F(DispatcherTest, IsDesertedWhenAllThatCameAreSilentOrLost) {
  EXPECT_FALSE(dispatcher_.deserted()) << "nobody has come yet";
  join(1);
  join(2);
  join(3);
  pass(70s, {1, 2});
  EXPECT_FALSE(dispatcher_.deserted());
  pass(70s, {1});
  lose(1);
  EXPECT_TRUE(dispatcher_.deserted());
  beat({2});
  EXPECT_FALSE(dispatcher_.deserted());
  lose(2);
  EXPECT_TRUE(dispatcher_.deserted());
  join(1);
  EXPECT_FALSE(dispatcher_.deserted());
}

TEST_F(DispatcherTest, IsNotDesertedByWorkersThatHang) {
  join(1);
  assign();
  pass(3010s, {1});
  EXPECT_EQ(dispatcher_.workers(), 0u);
  EXPECT_FALSE(dispatcher_.deserted());
}

TEST_F(DispatcherTest, SaysOnceWhatBecameOfAWorker) {
  join(1);
  join(2);
  assign();
  pass(100s, {2});
  beat({1});
  pass(3100s, {1, 2});
  lose(2);
  EXPECT_THAT(news(), ElementsAre(News{1, Kind::silent}, News{1, Kind::returned}, News{2, Kind::overdue},
                                  News{2, Kind::stuck}, News{1, Kind::stuck}, News{2, Kind::lost}));
  EXPECT_THAT(news(), IsEmpty());
}

TEST_F(DispatcherTest, DropsLateDuplicates) {
  join(1);
  join(2);
  assign();
  lose(1);
  done({2, 2, 0});
  assign();
  done({2, 1, 1});
  EXPECT_THAT(completed(), ElementsAre(2, 1));
  done({1, 1, 0});  // what the lost worker had sent before it was lost
  done({2, 1, 1});
  EXPECT_THAT(completed(), IsEmpty());
  EXPECT_EQ(dispatcher_.duplicates(), 2u);
}

TEST_F(DispatcherTest, TakesALateResultOfAnAttemptThatWasTakenBack) {
  join(1);
  join(2);
  assign();
  lose(1);
  done({1, 1, 0});
  EXPECT_THAT(completed(), ElementsAre(1));
  done({2, 2, 0});
  done({2, 4, 0});
  EXPECT_THAT(assign(), ElementsAre(Sent{2, 3, 1}, Sent{2, 5, 0})) << "unit 1 is not done again";
}

TEST_F(DispatcherTest, NeverReturnsAUnitToAWorkerThatStillHoldsAnAttempt) {
  join(1);
  assign();
  pass(1010s, {1});  // both are taken back
  for (int round = 0; round < 3; ++round) EXPECT_THAT(assign(), IsEmpty());
  join(2);
  EXPECT_THAT(assign(), ElementsAre(Sent{2, 1, 1}, Sent{2, 2, 1}));
}

TEST_F(DispatcherTest, TakesAWorkerThatJoinsAgainForANewOne) {
  join(1);
  assign();
  join(1);
  EXPECT_EQ(dispatcher_.workers(), 1u);
  EXPECT_THAT(assign(), ElementsAre(Sent{1, 1, 1}, Sent{1, 2, 1}));
}

TEST_F(DispatcherTest, IsIdleWhenNothingIsOut) {
  EXPECT_TRUE(dispatcher_.idle());
  join(1);
  assign();
  EXPECT_FALSE(dispatcher_.idle());
  done({1, 1, 0});
  EXPECT_FALSE(dispatcher_.idle());
  done({1, 2, 0});
  EXPECT_TRUE(dispatcher_.idle());
}

}  // namespace
}  // namespace lorasweep
