// SPDX-License-Identifier: Apache-2.0
// What is said about a sweep's time, against sums made by hand of the demo's plan.
#include "pipeline/cost/forecast.h"

#include "data/core/error.h"
#include "pipeline/collect/library_in_memory.h"
#include "pipeline/config/budget.h"
#include "pipeline/config/load_config.h"
#include "pipeline/cost/probe.h"
#include "pipeline/plan/plan_of_inputs.h"
#include "pipeline/search/make_optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace lorasweep {
namespace {

class ForecastOfTheDemo : public testing::Test {
 protected:
  void plan_with(std::vector<std::string> flags, const std::string& demo = "sweep.toml") {
    flags.insert(flags.end(), {"tasks.limit=3", "search.seeds=1,2", "predict.baselines=zero-shot"});
    config = load_config({.file = LORASWEEP_DEMO_DIR "/" + demo, .environment = {}, .flags = flags}).config;
    std::vector<std::string> problems;
    inputs = read_inputs(config, problems, LibraryValues::tables);
    ASSERT_THAT(problems, testing::IsEmpty());
    plan = plan_of(config, inputs);
  }
  SweepEffort effort(AnswerLength length) const {
    return {inputs.base->plan(), config.search.composition, shapes_of(inputs.library, plan.twins), plan,
            std::move(length)};
  }
  Forecast forecast_at(const PhaseRates& rates) const {
    return forecast(config, plan, effort(length_of_targets(plan, config.predict.max_new_tokens)),
                    search_budget(config, inputs.library.size()), 32, {}, rates);
  }
  // The network of any drawn mixture: the demo's adapters are all alike.
  NetworkEffort mixture() const {
    const auto shapes = shapes_of(inputs.library);
    return {inputs.base->plan(), config.search.composition, std::span(shapes).first(20)};
  }

  RunConfig config;
  SweepInputs inputs;
  Plan plan;
};

TEST_F(ForecastOfTheDemo, EvaluationsAreTheBudgetTimesTheLossesOfEverySearch) {
  plan_with({"search.budget=40"});
  double standard = 0;
  for (const PlannedSearch& search : plan.searches) {
    std::vector<ExampleLength> shots;
    for (const std::int32_t index : plan.catalogue.example_sets[search.example_set])
      shots.push_back({plan.catalogue.examples[index].source.size(), plan.catalogue.examples[index].target.size()});
    standard += 40 * standard_seconds(mixture().composition() + mixture().losses(shots));
  }
  EXPECT_NEAR(forecast_at({.evaluations = 1}).evaluations, standard, 1e-9 * standard);
  EXPECT_NEAR(forecast_at({.evaluations = 2.5}).evaluations, 2.5 * standard, 1e-9 * standard);
  EXPECT_EQ(forecast_at({.evaluations = 2.5}).answers, forecast_at({.evaluations = 1}).answers);
}

TEST_F(ForecastOfTheDemo, AnswersAreThoseOfEverySearchAndOfTheBaseModelInUnits) {
  plan_with({});
  double prompts = 0, steps = 0;
  const NetworkEffort base(inputs.base->plan(), config.search.composition, {}), composed = mixture();
  for (const PlannedTask& task : plan.tasks) {
    ASSERT_EQ(task.test.size(), 3u);
    std::vector<std::size_t> lengths;
    std::vector<double> tokens;
    for (const std::int32_t index : task.test) {
      lengths.push_back(plan.catalogue.examples[index].source.size());
      tokens.push_back(static_cast<double>(plan.catalogue.examples[index].target.size()));
    }
    // of two searches, and zero-shot
    prompts += 2 * standard_seconds(composed.composition() + composed.prompts(lengths)) +
               standard_seconds(base.prompts(lengths));
    steps += 2 * standard_seconds(composed.steps(lengths, tokens)) + standard_seconds(base.steps(lengths, tokens));
  }
  const Forecast found = forecast_at({.evaluations = 1, .prompts = 3, .steps = 0.5});
  EXPECT_NEAR(found.answers, 3 * prompts + 0.5 * steps, 1e-9 * found.answers);
}

TEST_F(ForecastOfTheDemo, TrialsCountBesideTheSearches) {
  plan_with({"search.budget=40"});
  const double without = forecast_at({}).evaluations;
  plan_with({"search.budget=40", "predict.ablate=true"});
  ASSERT_FALSE(plan.trials.empty());
  double trials = 0;
  for (std::size_t t = 0; t < plan.trials.size(); ++t) trials += effort(length_of_targets(plan, 256)).trial_cost(t);
  EXPECT_NEAR(forecast_at({}).evaluations, without + trials, 1e-9 * without);
}

TEST(Forecast, WorkersShareWhatTheLongestSearchDoesNotDecide) {
  const Forecast time{.start = 2, .evaluations = 90, .answers = 10, .end = 1, .longest = 9};
  EXPECT_EQ(time.with(1), 103);
  EXPECT_EQ(time.with(10), 13);
  EXPECT_EQ(time.with(12), 12);
  EXPECT_EQ(time.with(100), 12);
  EXPECT_EQ(time.useful_workers(), 12);  // 11 take 100 / 11 = 9.09
}

TEST(Forecast, AsksTheOptimizerHowOftenASearchWaits) {
  EXPECT_EQ(waits_of({.method = "cma", .population = 10}, 5, 1, 40), 4u);
  EXPECT_EQ(waits_of({.method = "one-plus-one"}, 5, 1, 40), 40u);
  EXPECT_EQ(waits_of({.method = "random"}, 5, 2, 40), 1u);
  EXPECT_EQ(waits_of({.method = "random", .rounds = 2}, 6, 1, 40), 2u);
  EXPECT_EQ(waits_of({.method = given_method}, 5, 1, 1), 1u);
  EXPECT_EQ(waits_of({.method = no_search_method}, 5, 1, 1), 1u);
}

TEST(Rates, AreWrittenAsTheyAreRead) {
  const PhaseRates rates = read_rates("40,20,10", "--rate");
  EXPECT_EQ(rates, (PhaseRates{.evaluations = 1, .prompts = 2, .steps = 4}));
  EXPECT_EQ(written(rates), "40,20,10");
  EXPECT_EQ(read_rates("80", "--rate"), (PhaseRates{.evaluations = 0.5, .prompts = 0.5, .steps = 0.5}));
  for (const char* wrong : {"", "fast", "0", "-1", "40,20", "40,20,10,5", "40,", "inf", "40 "})
    EXPECT_THROW(read_rates(wrong, "--rate"), ConfigError) << wrong;
}

TEST_F(ForecastOfTheDemo, ExpectsOfATasksOtherAnswersWhatItsSeenOnesWere) {
  plan_with({});
  const std::vector<std::int32_t>&first = plan.tasks[0].test, &second = plan.tasks[1].test;
  const AnswerLength length = expected_lengths({{{first[0], true}, 7}, {{first[1], true}, 2}}, plan, 256);
  EXPECT_EQ(length(first[0], true), 7);
  EXPECT_EQ(length(first[1], true), 2);
  EXPECT_EQ(length(first[2], true), 7);
  EXPECT_EQ(length(second[0], true), 7) << "of a task that was not seen: as all others of its kind";
  EXPECT_EQ(length(first[0], false), length_of_targets(plan, 256)(first[0], false)) << "nothing of the kind was seen";
}

TEST_F(ForecastOfTheDemo, AProbeMeasuresRatesAndSeesAnswers) {
  plan_with({"predict.max_new_tokens=4"});
  const Probed probed = probe(config, inputs, plan, 0.05);
  EXPECT_GT(probed.rates.evaluations, 0);
  EXPECT_GT(probed.rates.prompts, 0);
  EXPECT_GT(probed.rates.steps, 0);
  EXPECT_GE(probed.answers, 3u);
  EXPECT_EQ(probed.lengths.size(), probed.answers);
  for (const auto& [example, tokens] : probed.lengths) EXPECT_LE(tokens, 4);
}

TEST_F(ForecastOfTheDemo, AProbeMeasuresModelsThatContinueTheirPrompts) {
  plan_with({"predict.max_new_tokens=4", "search.budget=9"}, "causal.toml");
  const Probed probed = probe(config, inputs, plan, 0.05);
  EXPECT_GT(probed.rates.evaluations, 0);
  EXPECT_GE(probed.answers, 3u);
  EXPECT_GT(forecast_at(probed.rates).answers, 0);
}

TEST_F(ForecastOfTheDemo, AProbeRefusesASweepOnOtherDevices) {
  plan_with({"model.device=cuda"});
  EXPECT_THROW(probe(config, inputs, plan, 0.05), ConfigError);
}

}  // namespace
}  // namespace lorasweep
