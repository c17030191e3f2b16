// SPDX-License-Identifier: Apache-2.0
// Speed and time left of sweeps in a virtual world, where the truth is known.
#include "pipeline/report/pace.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lorasweep {
namespace {

using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

/// So many workers, each of which does one unit after the other: first all evaluations, then all answers.
struct World {
  int workers;
  std::uint64_t evaluations, answers;  // units, each of cost 1
  double evaluation, answer;           // seconds of a unit
  std::uint64_t early = 0;             // answers that are done while evaluations go on
  double cost_of_answer = 1;           // what the plan takes it for

  double end_of_searches() const { return std::ceil(double(evaluations + early) / workers) * evaluation; }
  double end() const { return end_of_searches() + std::ceil(double(answers - early) / workers) * answer; }
  ProgressState state(double at) const {
    const double searching = std::min(at, end_of_searches()), answering = at - searching;
    const auto rounds = static_cast<std::uint64_t>(searching / evaluation + 1e-9);
    const auto known = searching > 0 && rounds > 0 ? early : 0;
    return {
        .evaluations_done = std::min(evaluations, rounds * workers),
        .evaluations_total = evaluations,
        .predictions_done = std::min(answers, known + static_cast<std::uint64_t>(answering / answer + 1e-9) * workers),
        .predictions_total = answers};
  }
  WorkLeft work(const ProgressState& now) const {
    const auto cost = [](std::uint64_t units, double each) { return static_cast<double>(units) * each; };
    return {.evaluations = {.left = cost(now.evaluations_total - now.evaluations_done, 1),
                            .done = cost(now.evaluations_done, 1),
                            .seconds = cost(now.evaluations_done, evaluation)},
            .answers = {{.left = cost(now.predictions_total - now.predictions_done, cost_of_answer),
                         .done = cost(now.predictions_done, cost_of_answer),
                         .seconds = cost(now.predictions_done, answer)}},
            .workers = workers};
  }
  /// What is said at these moments of the sweep, in shares of its whole time.
  double worst_error(double from, double to) const {
    Pace pace;
    double worst = 0;
    const Pace::Time start{};
    for (double at = 0; at < end() * to; at += 0.2) {
      const ProgressState now = state(at);
      pace.update(now, work(now), start + std::chrono::duration_cast<milliseconds>(Seconds(at)));
      const double left = end() - at;
      if (at < end() * from || left < 5) continue;
      worst = std::max(worst, pace.view().seconds_left ? std::abs(*pace.view().seconds_left - left) / left : 1e9);
    }
    return worst;
  }
};

TEST(Pace, KnowsTheTimeLeftThroughoutASweepWhoseAnswersAreUnlikeItsEvaluations) {
  // Answers take 45 times what their tokens say; a few of them were done early.
  const World world{.workers = 4,
                    .evaluations = 4000,
                    .answers = 2000,
                    .evaluation = 0.05,
                    .answer = 0.9,
                    .early = 16,
                    .cost_of_answer = 0.4};
  EXPECT_LT(world.worst_error(0.05, 1), 0.1);
}

TEST(Pace, DoesNotMistakeTheEndOfSearchesForTheEndOfTheSweep) {
  // Nothing is known of answers until searches end: they count as their cost says, and never as nothing.
  const World world{
      .workers = 2, .evaluations = 2000, .answers = 1000, .evaluation = 0.1, .answer = 0.2, .cost_of_answer = 2};
  EXPECT_LT(world.worst_error(0.05, 1), 0.1);
}

TEST(Pace, KnowsItForUnitsThatTakeAMinuteToo) {
  const World world{.workers = 16, .evaluations = 480, .answers = 480, .evaluation = 60, .answer = 90};
  EXPECT_LT(world.worst_error(0.1, 0.5), 0.35) << "answers are not known yet";
  EXPECT_LT(world.worst_error(0.6, 1), 0.15);
}

TEST(Pace, MeasuresRatesOverTheLastMinuteAndFromWhereThisProcessBegan) {
  Pace pace;
  const Pace::Time start{};
  ProgressState state{.evaluations_done = 1000, .evaluations_total = 10'000};
  WorkLeft work{.evaluations = {.left = 9000}, .answers = {}, .workers = 1};
  const auto pass = [&](int seconds, int each, Pace::Time& now) {
    for (int i = 0; i < seconds; ++i) {
      now += std::chrono::seconds(1);
      state.evaluations_done += each;
      work.evaluations.done += each;
      work.evaluations.seconds += 1;
      pace.update(state, work, now);
    }
  };
  Pace::Time now = start;
  pace.update(state, work, now);
  EXPECT_FALSE(pace.view().evaluations_per_second.has_value());
  pass(10, 2, now);
  EXPECT_DOUBLE_EQ(*pace.view().evaluations_per_second, 2) << "what was there before says nothing";
  pass(120, 8, now);
  EXPECT_DOUBLE_EQ(*pace.view().evaluations_per_second, 8);
  EXPECT_FALSE(pace.view().answers_per_second.has_value());
}

TEST(Pace, CountsDownBetweenReportsButNeverToNothing) {
  Pace pace;
  const Pace::Time start{};
  const ProgressState state{.evaluations_done = 1, .evaluations_total = 2};
  pace.update({.evaluations_done = 0, .evaluations_total = 2}, {.evaluations = {.left = 2}, .answers = {}}, start);
  const WorkLeft half{.evaluations = {.left = 1, .done = 1, .seconds = 20}, .answers = {}, .workers = 1};
  pace.update(state, half, start + std::chrono::seconds(20));
  EXPECT_DOUBLE_EQ(*pace.view().seconds_left, 20);
  pace.update(state, half, start + std::chrono::seconds(35));
  EXPECT_DOUBLE_EQ(*pace.view().seconds_left, 5);
  pace.update(state, half, start + std::chrono::seconds(60));
  EXPECT_DOUBLE_EQ(*pace.view().seconds_left, 1) << "it is not done";
}

}  // namespace
}  // namespace lorasweep
