// SPDX-License-Identifier: Apache-2.0
// From the answers that a probe made to those that it did not.
#include "pipeline/cost/probe.h"

#include <functional>
#include <memory>
#include <vector>

namespace lorasweep {
namespace {

using Examples = std::vector<std::int32_t>;

std::vector<double> seen_of(const SeenLengths& seen, const Examples& examples, bool composed) {
  std::vector<double> tokens;
  for (const std::int32_t example : examples)
    if (const auto known = seen.find({example, composed}); known != seen.end()) tokens.push_back(known->second);
  return tokens;
}

// Of one kind of answers: to the test sets, or to these behind shots; composed or not.
void extend(SeenLengths& lengths, const SeenLengths& seen, const Plan& plan, Examples PlannedTask::*examples,
            bool composed) {
  std::vector<double> of_all;
  for (const PlannedTask& task : plan.tasks)
    for (const double tokens : seen_of(seen, task.*examples, composed)) of_all.push_back(tokens);
  if (of_all.empty()) return;
  for (const PlannedTask& task : plan.tasks) {
    const std::vector<double> own = seen_of(seen, task.*examples, composed);
    const std::vector<double>& like = own.empty() ? of_all : own;
    std::size_t next = 0;
    for (const std::int32_t example : task.*examples)
      lengths.try_emplace({example, composed}, like[next++ % like.size()]);
  }
}

}  // namespace

AnswerLength expected_lengths(const SeenLengths& seen, const Plan& plan, int max_new_tokens) {
  const auto lengths = std::make_shared<SeenLengths>(seen);
  for (const bool composed : {true, false}) extend(*lengths, seen, plan, &PlannedTask::test, composed);
  extend(*lengths, seen, plan, &PlannedTask::few_shot, false);
  return [lengths, otherwise = length_of_targets(plan, max_new_tokens)](std::int32_t example, bool composed) {
    const auto known = lengths->find({example, composed});
    return known == lengths->end() ? otherwise(example, composed) : known->second;
  };
}

}  // namespace lorasweep
