// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/unit_scores.h"

#include "data/tasks/scoring.h"
#include "pipeline/search/objective.h"

#include <algorithm>

namespace lorasweep {

Score score(const MergedUnit& unit, const Manifest::Task& task) {
  if (unit.predictions.size() != task.targets.size() || task.targets.empty()) return {};
  std::vector<std::int8_t> lorahub, lmeval;
  for (const auto& [example, record] : unit.predictions) {
    lorahub.push_back(correct_lorahub(record->text, task.targets.at(example)));
    lmeval.push_back(correct_lmeval(record->text, task.targets.at(example)));
  }
  return {accuracy(lorahub), accuracy(lmeval)};
}

const std::vector<std::int32_t>* cut_inputs(const Manifest::Task& task, Subject of) {
  if (!task.cut) return nullptr;
  if (of != Subject::few_shot) return &task.cut->test;
  return task.cut->few_shot ? &*task.cut->few_shot : nullptr;
}

InputCut input_cut(const std::vector<std::int32_t>* cut, std::uint32_t example) {
  if (cut == nullptr) return InputCut::unknown;
  return std::ranges::binary_search(*cut, static_cast<std::int32_t>(example)) ? InputCut::yes : InputCut::no;
}

const EvaluationRecord* best_of(const MergedUnit& unit) {
  BestStep best;
  for (const auto& [step, record] : unit.evaluations) best.consider(step, record->objective());
  return best.best() ? unit.evaluations.at(static_cast<std::uint32_t>(best.best()->step)) : nullptr;
}

}  // namespace lorasweep
