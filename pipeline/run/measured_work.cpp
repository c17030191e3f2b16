// SPDX-License-Identifier: Apache-2.0
// Adds up costs and seconds.
#include "pipeline/run/measured_work.h"

#include <algorithm>
#include <map>
#include <utility>

namespace lorasweep {
namespace {

bool is_left(const Answers& answers) { return !answers.done() && answers.missing() > 0; }

// What this process measured; else the rate of earlier ones, which may have been on another machine, with so little
// weight that it says nothing about how busy the workers of this one are.
KindOfWork measured(const KindOfWork& now, const KindOfWork& before) {
  constexpr double no_weight = 1e-9;
  if (now.done > 0) return now;
  return {.done = before.done * no_weight, .seconds = before.seconds * no_weight};
}

}  // namespace

MeasuredWork::MeasuredWork(const Plan& plan, const Costs& costs, const Ledger& ledger)
    : plan_(plan), costs_(costs), ledger_(ledger) {
  for (const Answers& answers : ledger.answers()) {
    double cost = 0;
    for (std::uint32_t i = 0; i < answers.size(); ++i) cost += costs.answer(answers.example(i));
    mean_answer_.push_back(cost / static_cast<double>(std::max<std::size_t>(answers.size(), 1)));
  }
}

void MeasuredWork::replay(std::span<const Record> records) {
  std::map<std::pair<Subject, std::uint32_t>, const Answers*> asked;
  for (const Answers& answers : ledger_.answers()) asked[{answers.of(), answers.index()}] = &answers;
  for (const Record& record : records) {
    if (const auto* evaluation = std::get_if<EvaluationRecord>(&record)) {
      add(evaluations_before_, costs_.evaluation(evaluation->search), evaluation->seconds);
    } else if (const auto* answer = std::get_if<PredictionRecord>(&record)) {
      const Answers& answers = *asked.at({answer->of, answer->index});
      add(before_[place(answer->of)], costs_.answer(answers.example(answer->example)), answer->seconds);
    }
  }
}

WorkLeft MeasuredWork::left(int workers, bool one_by_one) const {
  WorkLeft work{.evaluations = measured(evaluations_, evaluations_before_), .answers = {}, .workers = workers};
  for (std::size_t s = 0; s < ledger_.searches(); ++s) {
    const double chain = static_cast<double>(ledger_.left_to_evaluate(s)) * costs_.evaluation(s);
    work.evaluations.left += chain;
    if (one_by_one) work.longest_chain = std::max(work.longest_chain, chain);
  }
  for (std::size_t t = 0; t < plan_.trials.size(); ++t)
    if (!ledger_.trials().settled(t))
      work.evaluations.left += costs_.evaluation_on(set_of_shots(plan_, plan_.trials[t]));
  for (std::size_t of = 0; of < answers_.size(); ++of) work.answers.push_back(measured(answers_[of], before_[of]));
  for (std::size_t a = 0; a < ledger_.answers().size(); ++a)
    if (const Answers& answers = ledger_.answers()[a]; is_left(answers))
      work.answers[place(answers.of())].left += static_cast<double>(answers.missing()) * mean_answer_[a];
  return work;
}

}  // namespace lorasweep
