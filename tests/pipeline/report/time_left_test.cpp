// SPDX-License-Identifier: Apache-2.0
// The time left, against sums that a person can do.
#include "pipeline/report/time_left.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

constexpr KindOfWork half_done{.left = 100, .done = 100, .seconds = 50};

TEST(SecondsLeft, OfNothingMeasuredAreNotKnown) {
  EXPECT_FALSE(seconds_left({.evaluations = {.left = 100}, .answers = {{.left = 5}}, .workers = 2}, 0).has_value());
}

TEST(SecondsLeft, AreTheWorkersSecondsThatAreLeftOverThoseThatGoInASecond) {
  EXPECT_DOUBLE_EQ(*seconds_left({.evaluations = half_done, .answers = {}, .workers = 4}, 2), 25);
  EXPECT_DOUBLE_EQ(*seconds_left({.evaluations = half_done, .answers = {}, .workers = 4}, 100), 12.5)
      << "no more can go in than there are workers";
}

TEST(SecondsLeft, CountAnswersByWhatAnswersTake) {
  // 50 s of evaluations; 300 of cost at 0.1 s each: 30 s of answers. Two workers, both at work.
  const WorkLeft work{.evaluations = half_done, .answers = {{.left = 300, .done = 10, .seconds = 1}}, .workers = 2};
  EXPECT_DOUBLE_EQ(*seconds_left(work, 2), 40);
}

TEST(SecondsLeft, CountAnswersThatNobodyMeasuredAsOtherAnswersAndElseAsEvaluations) {
  const KindOfWork unknown{.left = 100};
  EXPECT_DOUBLE_EQ(
      *seconds_left({.evaluations = half_done, .answers = {unknown, {.done = 10, .seconds = 1}}, .workers = 1}, 1), 60);
  EXPECT_DOUBLE_EQ(*seconds_left({.evaluations = half_done, .answers = {unknown}, .workers = 1}, 1), 100);
}

TEST(SecondsLeft, AreNoFewerThanTheLongestChainTakes) {
  // One chain of 80 at half a second each; 16 workers do not make it shorter.
  WorkLeft work{.evaluations = half_done, .answers = {}, .longest_chain = 80, .workers = 16};
  EXPECT_DOUBLE_EQ(*seconds_left(work, 16), 40);
  // Of searches that kept two of ten workers busy, nothing is known about answers: those get all of them.
  work = {.evaluations = half_done, .answers = {{.left = 190, .done = 1, .seconds = 1}}, .workers = 10};
  EXPECT_DOUBLE_EQ(*seconds_left(work, 2), 25 + 190 / 9.5);
}

TEST(SecondsLeft, AreNoneWhenAllIsDone) {
  EXPECT_EQ(seconds_left({.evaluations = {.done = 1, .seconds = 1}, .answers = {{}}, .workers = 1}, 1), 0.0);
}

}  // namespace
}  // namespace lorasweep
