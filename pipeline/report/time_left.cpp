// SPDX-License-Identifier: Apache-2.0
// Multiplies what is left by what such work took.
#include "pipeline/report/time_left.h"

#include <algorithm>
#include <initializer_list>

namespace lorasweep {
namespace {

// Of the time of all workers, while none of them waits for a search: the rest goes into letters and the journal.
constexpr double share_at_work = 0.95;

std::optional<double> seconds_per_cost(const KindOfWork& work) {
  if (work.done <= 0 || work.seconds <= 0) return std::nullopt;
  return work.seconds / work.done;
}

std::optional<double> first_known(std::initializer_list<std::optional<double>> values) {
  for (const std::optional<double>& value : values)
    if (value) return value;
  return std::nullopt;
}

KindOfWork all_of(const std::vector<KindOfWork>& kinds) {
  KindOfWork all;
  for (const KindOfWork& kind : kinds) {
    all.left += kind.left;
    all.done += kind.done;
    all.seconds += kind.seconds;
  }
  return all;
}

}  // namespace

std::optional<double> seconds_left(const WorkLeft& work, double speed) {
  const std::optional<double> evaluating = seconds_per_cost(work.evaluations),
                              answering = seconds_per_cost(all_of(work.answers)),
                              of_evaluations = first_known({evaluating, answering});
  if (!of_evaluations) return std::nullopt;
  const double workers = std::max(work.workers, 1);
  speed = speed > 0 ? std::min(speed, workers) : workers * share_at_work;
  double seconds = std::max(work.evaluations.left * *of_evaluations / speed, work.longest_chain * *of_evaluations);
  const double at_answers = work.evaluations.left > 0 ? std::max(speed, workers * share_at_work) : speed;
  for (const KindOfWork& answers : work.answers)
    seconds += answers.left * *first_known({seconds_per_cost(answers), answering, evaluating}) / at_answers;
  return seconds;
}

}  // namespace lorasweep
