// SPDX-License-Identifier: Apache-2.0
// Work of the sweep in turns: losses of sets of shots, then units of answers, each short and whole.
#include "pipeline/cost/probe.h"

#include "data/core/error.h"
#include "pipeline/cost/probe_engine.h"
#include "pipeline/cost/stopwatch.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr double share_of_evaluations = 0.4;
constexpr int fewest_tokens = 8;

// 0 .. count - 1, spread over the whole range however early one stops: 1/2, 1/4, 3/4, 1/8, 5/8, ...
std::vector<std::int32_t> spread(std::size_t count) {
  std::vector<std::int32_t> order;
  std::vector<bool> taken(count, false);
  for (std::size_t i = 1; order.size() < count; ++i) {
    double place = 0, part = 0.5;
    for (std::size_t rest = i; rest > 0; rest /= 2, part /= 2) place += rest % 2 == 1 ? part : 0;
    const auto at = static_cast<std::size_t>(place * static_cast<double>(count));
    if (!taken[at]) order.push_back(static_cast<std::int32_t>(at));
    taken[at] = true;
  }
  return order;
}

/// A unit of answers that was timed, and the standard seconds of its two phases.
struct TimedUnit {
  double seconds = 0, prompts = 0, steps = 0;
};

TimedUnit sum(const std::vector<TimedUnit>& units) {
  TimedUnit all;
  for (const TimedUnit& unit : units) {
    all.seconds += unit.seconds;
    all.prompts += unit.prompts;
    all.steps += unit.steps;
  }
  return all;
}

class Probe {
 public:
  Probe(const RunConfig& config, const SweepInputs& inputs, const Plan& plan)
      : plan_(plan),
        max_new_tokens_(config.predict.max_new_tokens),
        engine_(config, inputs, plan),
        base_(inputs.base->plan(), config.search.composition, {}),
        composed_(inputs.base->plan(), config.search.composition, engine_.shapes()) {
    probed_.start = engine_.start();
  }

  Probed run(double seconds) {
    evaluate(plan_.screen_only ? seconds : seconds * share_of_evaluations);
    if (!plan_.screen_only) answer(seconds * (1 - share_of_evaluations));
    probed_.crowding = engine_.crowding();
    return std::move(probed_);
  }

 private:
  // --- evaluations

  double standard(std::int32_t set, bool whole) const {
    const std::vector<std::int32_t>& shots = plan_.catalogue.example_sets[set];
    std::vector<ExampleLength> lengths;
    for (const std::int32_t index : whole ? shots : std::vector{shots[shots.size() / 2]}) {
      const Example& shot = plan_.catalogue.examples[index];
      lengths.push_back({shot.source.size(), shot.target.size()});
    }
    return standard_seconds(composed_.composition() + composed_.losses(lengths));
  }

  // The first loss makes code and touches memory: it does not count. One that does is made, however short the time.
  void evaluate(double budget) {
    const Stopwatch watch;
    const std::vector<std::int32_t> sets = spread(plan_.catalogue.example_sets.size());
    double seconds = engine_.loss_of_one(sets.front()), standards = standard(sets.front(), false);
    const bool whole = seconds * standard(sets.front(), true) / standards < budget / 2;
    seconds = standards = 0;
    for (std::size_t i = 0; i == 0 || watch.wall() < budget; ++i) {
      const std::int32_t set = sets[i % sets.size()];
      seconds += whole ? engine_.losses(set) : engine_.loss_of_one(set);
      standards += standard(set, whole);
      ++probed_.evaluations;
    }
    probed_.rates.evaluations = seconds / standards;
    probed_.rates.prompts = probed_.rates.steps = probed_.rates.evaluations;
  }

  // --- answers

  // Composed answers of every task, then the base model's, then those behind shots.
  void answer(double budget) {
    const Stopwatch watch;
    const std::vector<std::int32_t> tasks = spread(plan_.tasks.size());
    const auto until_time_is_up = [&](auto examples_of, bool composed) {
      for (const std::int32_t task : tasks) {
        const double left = budget - watch.wall();
        if (left <= 0 && probed_.answers > 0) return;
        const std::vector<std::int32_t>& examples = plan_.tasks[task].*examples_of;
        if (!examples.empty()) answer_some(examples, composed, std::max(left, 0.0) / 2);
      }
    };
    until_time_is_up(&PlannedTask::test, true);
    until_time_is_up(&PlannedTask::test, false);
    until_time_is_up(&PlannedTask::few_shot, false);
  }

  // As many as a unit has, or as there is time for.
  void answer_some(const std::vector<std::int32_t>& examples, bool composed, double budget) {
    std::vector<std::int32_t> some(examples.begin(), examples.begin() + std::min(examples.size(), engine_.together()));
    const auto expected = [&](int tokens) {
      const TimedUnit unit = standard(some, composed, std::vector<double>(some.size(), tokens));
      return unit.prompts * probed_.rates.prompts + unit.steps * probed_.rates.steps;
    };
    while (some.size() > 1 && expected(fewest_tokens) > budget) some.resize((some.size() + 1) / 2);
    int most = max_new_tokens_;
    while (most > fewest_tokens && expected(most) > budget) most = std::max(most / 2, fewest_tokens);
    std::vector<TokenIds> made;
    TimedUnit& first = short_.emplace_back(standard(some, composed, std::vector<double>(some.size(), 1)));
    first.seconds = engine_.answers(some, composed, 1, made);
    const double seconds = engine_.answers(some, composed, most, made);
    std::vector<double> tokens;
    for (std::size_t i = 0; i < some.size(); ++i) {
      tokens.push_back(static_cast<double>(made[i].size()));
      probed_.lengths[{some[i], composed}] = tokens.back();
      if (most < max_new_tokens_ && std::ssize(made[i]) == most) ++probed_.cut;
    }
    whole_.push_back(standard(some, composed, tokens));
    whole_.back().seconds = seconds;
    probed_.answers += some.size();
    settle_rates();
  }

  TimedUnit standard(const std::vector<std::int32_t>& examples, bool composed,
                     const std::vector<double>& tokens) const {
    const NetworkEffort& network = composed ? composed_ : base_;
    std::vector<std::size_t> prompts;
    for (const std::int32_t index : examples) prompts.push_back(plan_.catalogue.examples[index].source.size());
    return {.prompts = standard_seconds(network.composition() + network.prompts(prompts)),
            .steps = standard_seconds(network.steps(prompts, tokens))};
  }

  // Seconds are prompts * p + steps * s, of short units and of whole ones. Where whole answers are nearly as short, or
  // time was too uneven to tell the two apart, one rate serves both.
  void settle_rates() {
    const TimedUnit one = sum(short_), all = sum(whole_);
    const double together = (one.seconds + all.seconds) / (one.prompts + all.prompts + one.steps + all.steps);
    const double of_steps = (all.seconds - one.seconds) / (all.steps - one.steps);
    const double of_prompts = (one.seconds - one.steps * of_steps) / one.prompts;
    const bool apart = all.steps > 1.5 * one.steps && of_steps > together / 5 && of_prompts > together / 5;
    probed_.rates.steps = apart ? of_steps : together;
    probed_.rates.prompts = apart ? of_prompts : together;
  }

  const Plan& plan_;
  const int max_new_tokens_;
  ProbeEngine engine_;
  NetworkEffort base_, composed_;
  Probed probed_;
  std::vector<TimedUnit> short_, whole_;  ///< of one token each; to their ends
};

}  // namespace

Probed probe(const RunConfig& config, const SweepInputs& inputs, const Plan& plan, double seconds) {
  if (config.model.device == DeviceRequest::cuda)
    throw ConfigError("--probe", "measures CPU cores, and model.device is cuda", "leave it out, or give a --rate");
  if (plan.catalogue.example_sets.empty()) throw InternalError("a plan without shots has nothing to measure");
  const Stopwatch watch;
  Probed probed = Probe(config, inputs, plan).run(seconds);
  probed.seconds = watch.wall();
  return probed;
}

}  // namespace lorasweep
