// SPDX-License-Identifier: Apache-2.0
// Adds up a plan at given rates.
#include "pipeline/cost/forecast.h"

#include "pipeline/search/make_optimizer.h"
#include "pipeline/search/rounds.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// A process, its libraries and a manifest; a results file whatever it holds, and its bytes written, digested and read
// back.
constexpr double of_a_start = 0.2, of_an_end = 0.1, of_a_written_byte = 20e-9;

// Answers to one list of examples are asked for by all searches of a task: counted once.
class AnswerSeconds {
 public:
  AnswerSeconds(const SweepEffort& effort, std::size_t together, const PhaseRates& rates)
      : effort_(effort), together_(together), rates_(rates) {}

  double of(const std::vector<std::int32_t>& examples, bool composed) {
    const auto [place, is_new] = known_.try_emplace({&examples, composed}, 0.0);
    if (is_new) place->second = rates_.seconds(effort_.answers(examples, composed, together_));
    return place->second;
  }

 private:
  const SweepEffort& effort_;
  std::size_t together_;
  const PhaseRates& rates_;
  std::map<std::pair<const std::vector<std::int32_t>*, bool>, double> known_;
};

double in_a_unit(double seconds, std::size_t examples, std::size_t together) {
  const std::size_t units = examples == 0 ? 1 : (examples + together - 1) / together;
  return seconds / static_cast<double>(units);
}

}  // namespace

double Forecast::with(int workers) const {
  const double shared = (evaluations + answers) / std::max(workers, 1);
  return start + std::max(shared, longest) + end;
}

int Forecast::useful_workers() const {
  if (longest <= 0) return 1;
  return std::max(static_cast<int>(std::ceil((evaluations + answers) / longest)), 1);
}

std::size_t waits_of(const SearchConfig& config, std::size_t adapters, std::size_t places, std::size_t budget) {
  if (config.method == given_method || config.method == no_search_method) return budget;
  const auto optimizer = make_rounds({.search = {.method = config.method,
                                                 .dimension = adapters * places,
                                                 .budget = budget,
                                                 .low = config.bounds.low,
                                                 .high = config.bounds.high,
                                                 .population = static_cast<std::size_t>(config.population)},
                                      .adapters = adapters,
                                      .rounds = static_cast<std::size_t>(config.rounds)});
  std::size_t waits = 0;
  for (std::size_t left = budget; left > 0; ++waits) {
    const std::size_t asked = optimizer->ask(left).size();
    if (asked == 0) break;
    std::vector<double> objectives;
    for (std::size_t i = 0; i < asked; ++i) objectives.push_back(1.0 + static_cast<double>((7 * (left - i)) % 11));
    optimizer->tell(objectives);
    left -= asked;
  }
  return waits;
}

// Numbers of the demo's journals.
std::uint64_t journal_bytes(const RunConfig& config, const Plan& plan, std::size_t budget) {
  constexpr std::uint64_t beginning = 25'000, an_evaluation = 100, an_answer = 110;
  const std::uint64_t losses = config.tasks.shots * sizeof(double);
  std::uint64_t bytes = beginning + plan.trials.size() * (an_evaluation + losses);
  const auto add_answers = [&](std::int32_t task) {
    for (const std::string& target : plan.tasks.at(task).targets) bytes += an_answer + target.size();
  };
  for (const PlannedSearch& search : plan.searches) {
    if (plan.screen_only) break;
    bytes += budget * (an_evaluation + losses + numbers_of(plan, search) * sizeof(double));
    add_answers(search.task);
  }
  for (const PlannedBaseline& baseline : plan.baselines) add_answers(baseline.task);
  for (const PlannedControl& control : plan.controls) add_answers(plan.searches.at(control.search).task);
  return bytes;
}

Forecast forecast(const RunConfig& config, const Plan& plan, const SweepEffort& effort, std::size_t budget,
                  std::size_t together, const FileBytes& bytes, const PhaseRates& rates, const StartRates& start) {
  Forecast all{.start = of_a_start + static_cast<double>(bytes.base) * start.base +
                        static_cast<double>(bytes.adapters) * start.adapter,
               .end = of_an_end + static_cast<double>(bytes.results) * of_a_written_byte};
  const auto of_evaluation = [&](const Effort& one) { return rates.evaluations * standard_seconds(one); };
  AnswerSeconds answers(effort, together, rates);
  const auto answers_of_task = [&](std::int32_t task) { return answers.of(plan.tasks.at(task).test, true); };
  std::map<std::size_t, std::size_t> waits;  // of searches with so many adapters
  for (std::size_t s = 0; s < plan.searches.size(); ++s) {
    if (plan.screen_only) break;
    const PlannedSearch& search = plan.searches[s];
    const double one = of_evaluation(effort.evaluation(s)), answered = answers_of_task(search.task);
    const std::size_t adapters = adapters_of(plan, search);
    const std::size_t evaluations = search.given.empty() ? budget : 1;
    if (!waits.contains(adapters)) waits[adapters] = waits_of(config.search, adapters, plan.places, evaluations);
    all.evaluations += one * static_cast<double>(evaluations);
    all.answers += answered;
    all.longest = std::max(all.longest, one * static_cast<double>(waits[adapters]) +
                                            in_a_unit(answered, plan.tasks[search.task].test.size(), together));
  }
  for (std::size_t t = 0; t < plan.trials.size(); ++t) {
    const double one = of_evaluation(effort.trial(t));
    all.evaluations += one;
    all.longest = std::max(all.longest, one);
  }
  for (const PlannedBaseline& baseline : plan.baselines) all.answers += answers.of(examples_of(plan, baseline), false);
  for (const PlannedControl& control : plan.controls)
    all.answers += answers_of_task(plan.searches.at(control.search).task);
  return all;
}

}  // namespace lorasweep
