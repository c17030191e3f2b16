// SPDX-License-Identifier: Apache-2.0
// Keeps a window of what was done when. Units report as a whole, so speeds are measured between reports.
#include "pipeline/report/pace.h"

#include <algorithm>

namespace lorasweep {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::chrono::seconds window{60};
constexpr double shortest_measure = 0.2;  // seconds between the ends of a measure

double busy_seconds(const WorkLeft& work) {
  double seconds = work.evaluations.seconds;
  for (const KindOfWork& answers : work.answers) seconds += answers.seconds;
  return seconds;
}

}  // namespace

void Pace::update(const ProgressState& state, const WorkLeft& work, Time now) {
  const Sample sample{now, busy_seconds(work), state.evaluations_done, state.predictions_done};
  measure(sample);
  if (const bool searching = state.evaluations_done < state.evaluations_total; searching != searching_) {
    searching_ = searching;  // what is measured from here on is another kind of work
    samples_ = {sample};
  }
  view_.state = state;
  view_.evaluations_per_second = rate(&Sample::evaluations);
  view_.answers_per_second = rate(&Sample::answers);
  view_.seconds_left = seconds_left(work, speed_);
  // Between two reports time passes, and work goes on.
  if (view_.seconds_left && *view_.seconds_left > 0)
    view_.seconds_left = std::max(*view_.seconds_left - Seconds(now - samples_.back().at).count(), 1.0);
}

void Pace::measure(const Sample& now) {
  if (samples_.empty()) samples_.push_back(now);
  if (now.busy == samples_.back().busy) return;
  samples_.push_back(now);
  while (samples_.size() > 2 && now.at - samples_[1].at > window) samples_.pop_front();
  const double seconds = Seconds(now.at - samples_.front().at).count();
  if (seconds >= shortest_measure) speed_ = (now.busy - samples_.front().busy) / seconds;
}

std::optional<double> Pace::rate(std::uint64_t Sample::*count) const {
  const Sample &first = samples_.front(), &last = samples_.back();
  const double seconds = Seconds(last.at - first.at).count();
  if (seconds < shortest_measure || last.*count <= first.*count) return std::nullopt;
  return static_cast<double>(last.*count - first.*count) / seconds;
}

}  // namespace lorasweep
