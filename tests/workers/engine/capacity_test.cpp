// SPDX-License-Identifier: Apache-2.0
// Estimates of memory against what the engine really allocates.
#include "workers/engine/capacity.h"

#include "tests/testing/limited_ops.h"
#include "tests/testing/oracle.h"
#include "workers/families/make_language_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace lorasweep {
namespace {

// Sets of five examples of equal length: the estimate counts every member as the largest.
Catalogue uniform(int source, int target, int examples) {
  Catalogue c{.examples = {}, .example_sets = {{0, 1, 2, 3, 4}}};
  for (int i = 0; i < examples; ++i) {
    Example& example = c.examples.emplace_back();
    for (int t = 0; t < source; ++t) example.source.push_back(3 + (i * 37 + t * 11) % 1000);
    for (int t = 0; t < target; ++t) example.target.push_back(3 + (i * 17 + t * 7) % 1000);
  }
  return c;
}

std::vector<std::int32_t> twenty_adapters() {
  std::vector<std::int32_t> adapters(20);
  std::iota(adapters.begin(), adapters.end(), 0);
  return adapters;
}

BatchShape shape_of(const Catalogue& c, Composition composition, std::int32_t max_new_tokens) {
  return oracle::engine_plan(c, {.composition = composition}, max_new_tokens)->batches();
}

const ModelMemory& tiny_model() {
  static const auto memory = model_memory(oracle::plan().config);
  return *memory;
}

std::unique_ptr<LanguageEngine> engine_on(LimitedMemory& memory, const Catalogue& c, Composition composition,
                                          WorkerCapacity capacity = {}) {
  return oracle::engine_on(std::make_unique<LimitedOps>(make_ops({}), memory), c, {.composition = composition},
                           capacity);
}

EvaluateWork evaluation(int members) {
  return {std::vector<Member>(members, Member{twenty_adapters(), 0, std::vector<double>(20, 0.05)})};
}

// The members share the examples as evenly as may be.
PredictWork prediction(int members, int examples, std::int32_t max_new_tokens) {
  PredictWork work{std::vector<PredictMember>(members, {twenty_adapters(), std::vector<double>(20, 2.0), {}}),
                   max_new_tokens};
  for (int i = 0; i < examples; ++i)
    work.members[static_cast<std::size_t>(i) * members / examples].examples.push_back(i);
  return work;
}

TEST(Capacity, EstimatesCoverWhatTheEngineAllocatesAndAreNotTwiceAsMuch) {
  for (const Composition composition : {Composition::lorahub, Composition::exact})
    for (const auto& [source, target] : {std::pair{5, 30}, {60, 4}, {200, 12}})
      for (const int members : {1, 6}) {
        const Catalogue c = uniform(source, target, 5);
        LimitedMemory memory;
        engine_on(memory, c, composition)->start(evaluation(members))->finish();
        const std::size_t estimate = evaluation_bytes(tiny_model(), shape_of(c, composition, 64), members);
        EXPECT_LE(memory.most_used, estimate) << source << " " << members;
        EXPECT_GE(2 * memory.most_used, estimate) << source << " " << members;
      }
}

TEST(Capacity, EstimatesCoverTheLongestAnswersOfAPrediction) {
  for (const auto& [source, members, examples, tokens] :
       {std::tuple{20, 1, 30, 64}, {100, 6, 60, 40}, {200, 4, 8, 200}}) {
    const Catalogue c = uniform(source, 2, examples);
    LimitedMemory memory;
    const auto engine = engine_on(memory, c, Composition::lorahub);
    std::size_t longest = 0;
    for (const TokenIds& answer : oracle::predict(*engine, prediction(members, examples, tokens)))
      longest = std::max(longest, answer.size());
    ASSERT_EQ(longest, static_cast<std::size_t>(tokens)) << "weights of 2 make an answer that does not end";
    const std::size_t estimate = prediction_bytes(tiny_model(), shape_of(c, Composition::lorahub, tokens), members,
                                                  examples, prompt_rows_at_once(5 * source, 1));
    EXPECT_LE(memory.most_used, estimate) << source << " " << examples;
    EXPECT_GE(2 * memory.most_used, estimate) << source << " " << examples;
  }
}

TEST(Capacity, WhatIsSaidToFitDoesFitOneAfterTheOther) {
  const Catalogue c = uniform(40, 4, 200);
  for (const std::size_t room : {std::size_t{16} << 20, std::size_t{32} << 20, std::size_t{80} << 20}) {
    const std::size_t free = (std::size_t{256} << 20) + room;  // the reserve is not the engine's
    const WorkerCapacity capacity =
        fitting_capacity(tiny_model(), *make_ops({}), shape_of(c, Composition::lorahub, 24), free);
    ASSERT_GT(capacity.members, 1);
    LimitedMemory memory{.budget = room};
    const auto engine = engine_on(memory, c, Composition::lorahub, capacity);
    engine->start(evaluation(capacity.members))->finish();
    engine->start(prediction(capacity.members, std::min(capacity.predictions, 200), 24))->finish();
    engine->start(evaluation(capacity.members))->finish();
    EXPECT_EQ(memory.refusals, 0) << room;
  }
}

TEST(Capacity, ACpuTakesOneMemberBecauseASecondGainsNothing) {
  EXPECT_EQ(fitting_capacity(tiny_model(), *make_ops({}), {}, std::nullopt),
            (WorkerCapacity{.members = 1, .predictions = 32}));
}

}  // namespace
}  // namespace lorasweep
