// SPDX-License-Identifier: Apache-2.0
// Estimates of memory against what the engine really allocates, and what follows from them for published models on
// devices that exist.
#include "workers/engine/capacity.h"

#include "tests/testing/limited_ops.h"
#include "tests/testing/oracle.h"
#include "workers/families/make_language_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace lorasweep {
namespace {

constexpr std::size_t gib = std::size_t{1} << 30;

// Sets of five examples of equal length: the estimate counts every member as the largest.
Catalogue uniform(int source, int target, int examples) {
  Catalogue c{.examples = {}, .example_sets = {{0, 1, 2, 3, 4}}, .adapter_sets = {{}}};
  for (int i = 0; i < examples; ++i) {
    Example& example = c.examples.emplace_back();
    for (int t = 0; t < source; ++t) example.source.push_back(3 + (i * 37 + t * 11) % 1000);
    for (int t = 0; t < target; ++t) example.target.push_back(3 + (i * 17 + t * 7) % 1000);
  }
  for (std::int32_t a = 0; a < 20; ++a) c.adapter_sets[0].push_back(a);
  return c;
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
  return {std::vector<Member>(members, Member{0, 0, std::vector<double>(20, 0.05)})};
}

// The members share the examples as evenly as may be.
PredictWork prediction(int members, int examples, std::int32_t max_new_tokens) {
  PredictWork work{std::vector<PredictMember>(members, {0, std::vector<double>(20, 2.0), {}}), max_new_tokens};
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
    const WorkerCapacity capacity = fitting_capacity(tiny_model(), shape_of(c, Composition::lorahub, 24), free);
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
  EXPECT_EQ(fitting_capacity(tiny_model(), {}, std::nullopt), (WorkerCapacity{.members = 1, .predictions = 32}));
}

WorkerCapacity capacity_of_flan_t5_large(std::size_t free_memory) {
  static const auto memory = model_memory(T5Config{.d_model = 1024,
                                                   .d_kv = 64,
                                                   .d_ff = 2816,
                                                   .heads = 16,
                                                   .encoder_layers = 24,
                                                   .decoder_layers = 24,
                                                   .vocabulary = 32128});
  return fitting_capacity(*memory,
                          {.activation = Element::bf16,
                           .source_rows = 5 * 320,
                           .target_rows = 5 * 30,
                           .longest_source = 600,
                           .factors = 4'718'592,
                           .bypass_columns = 32},
                          free_memory);
}

TEST(Capacity, LargeDevicesTakeAWholeSeedOfTasksAndItsTestSets) {
  const WorkerCapacity h200 = capacity_of_flan_t5_large(135 * gib), consumer = capacity_of_flan_t5_large(20 * gib);
  EXPECT_EQ(h200.members, most_members);
  EXPECT_GE(h200.predictions, 1000);
  EXPECT_GE(consumer.members, 27);
  EXPECT_GE(consumer.predictions, 100);
}

TEST(Capacity, MoreMemoryNeverTakesLess) {
  WorkerCapacity before{.members = 1, .predictions = 1};
  EXPECT_EQ(capacity_of_flan_t5_large(0), before) << "whether one fits, the device will say";
  for (std::size_t memory = gib / 4; memory < 512 * gib; memory += memory / 3) {
    const WorkerCapacity now = capacity_of_flan_t5_large(memory);
    EXPECT_GE(now.members, before.members);
    if (now.members == before.members) {
      EXPECT_GE(now.predictions, before.predictions);
    }
    EXPECT_LE(now.members, most_members);
    EXPECT_LE(now.predictions, most_predictions);
    before = now;
  }
  EXPECT_EQ(before, (WorkerCapacity{.members = most_members, .predictions = most_predictions}));
}

}  // namespace
}  // namespace lorasweep
