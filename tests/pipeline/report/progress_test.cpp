// SPDX-License-Identifier: Apache-2.0
// What is shown of a sweep that runs: the pieces of the line, and which of them fit.
#include "pipeline/report/progress.h"

#include <gmock/gmock.h>

#include <string>

namespace lorasweep {
namespace {

using testing::HasSubstr;
using testing::Not;

ProgressView view(std::uint64_t evaluations, std::uint64_t answers) {
  return {.state = {.evaluations_done = evaluations,
                    .evaluations_total = 200,
                    .predictions_done = answers,
                    .predictions_total = 50}};
}

ProgressView full_view() {
  ProgressView full = view(33, 7);
  full.state.best_objective = 0.03125;
  full.evaluations_per_second = 35.25;
  full.seconds_left = 80;
  return full;
}

TEST(ProgressLine, SaysHowFarEvaluationsAndAnswersAre) {
  EXPECT_EQ(progress_line(view(33, 7)), "evaluations 33/200 (16 %), answers 7/50");
}

TEST(ProgressLine, RoundsTheShareDownSoThatAHundredPerCentIsAll) {
  EXPECT_THAT(progress_line({.state = {.evaluations_done = 1999, .evaluations_total = 2000}}), HasSubstr("(99 %)"));
  EXPECT_THAT(progress_line({.state = {.evaluations_done = 2000, .evaluations_total = 2000}}), HasSubstr("(100 %)"));
  EXPECT_THAT(progress_line({}), HasSubstr("0/0 (100 %)")) << "nothing to do is done";
}

TEST(ProgressLine, SaysRateBestAndTimeLeftWhereTheyAreKnown) {
  EXPECT_EQ(progress_line(full_view()),
            "evaluations 33/200 (16 %), answers 7/50, 35.2 evaluations/s, best 0.0312, 1 min 20 s left");
}

TEST(ProgressLine, TurnsToTheRateOfAnswersOnceAllEvaluationsAreThere) {
  ProgressView answering = view(200, 30);
  answering.evaluations_per_second = 7;
  answering.answers_per_second = 5;
  EXPECT_THAT(progress_line(answering), HasSubstr(", 5.0 answers/s"));
  EXPECT_THAT(progress_line(answering), Not(HasSubstr("evaluations/s")));
}

TEST(ProgressLine, LeavesOutWhatMattersLeastAndTimeLeftLast) {
  const ProgressView full = full_view();
  for (std::size_t width = 0; width <= 120; ++width) {
    EXPECT_LE(progress_line(full, width).size(), width);
    EXPECT_LE(progress_bar(full, width).size(), width);
  }
  EXPECT_EQ(progress_line(full, 79), "evaluations 33/200 (16 %), answers 7/50, 35.2 evaluations/s, 1 min 20 s left");
  EXPECT_EQ(progress_line(full, 60), "evaluations 33/200 (16 %), answers 7/50, 1 min 20 s left");
  EXPECT_EQ(progress_line(full, 45), "evaluations 33/200 (16 %), 1 min 20 s left");
  EXPECT_EQ(progress_line(full, 20), "1 min 20 s left");
}

TEST(ProgressBar, ShowsTheShareOfAllWorkWhereThereIsRoom) {
  EXPECT_EQ(progress_bar(view(100, 0), 100), "[##########..............] evaluations 100/200 (50 %), answers 0/50")
      << "100 of 250 are 10 of 24";
  EXPECT_EQ(progress_bar(view(200, 50), 60), "[##########] evaluations 200/200 (100 %), answers 50/50");
  EXPECT_EQ(progress_bar(view(100, 0), 45), "evaluations 100/200 (50 %), answers 0/50");
}

TEST(SpanText, IsInUnitsThatAPersonReadsAndRoundedUp) {
  EXPECT_EQ(span_text(0), "0 s");
  EXPECT_EQ(span_text(58.2), "59 s");
  EXPECT_EQ(span_text(61), "1 min 01 s");
  EXPECT_EQ(span_text(3600 + 120), "1 h 02 min");
  EXPECT_EQ(span_text(52 * 3600), "2 d 04 h");
}

}  // namespace
}  // namespace lorasweep
