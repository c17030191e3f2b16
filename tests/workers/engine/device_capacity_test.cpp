// SPDX-License-Identifier: Apache-2.0
// What an engine on a device keeps in its ops against what was said of it, and how much published models get done at a
// time on devices that exist.
#include "tests/testing/oracle.h"
#include "workers/engine/capacity.h"
#include "workers/families/make_language_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace lorasweep {
namespace {

constexpr std::size_t gib = std::size_t{1} << 30;

class CapacityOfDevice : public testing::TestWithParam<DeviceKind> {
 protected:
  void SetUp() override {
    if (device_count(GetParam()) == 0) GTEST_SKIP() << "no CUDA device here";
    ops = make_ops({.kind = GetParam()});
  }
  std::unique_ptr<Ops> ops;
};

// Sets of five examples of equal length: the estimate counts every member as the largest.
Catalogue uniform(Index source, Index target) {
  return {.examples = std::vector<Example>(5, {TokenIds(source, 17), TokenIds(target, 31)}),
          .example_sets = {{0, 1, 2, 3, 4}}};
}

TEST_P(CapacityOfDevice, WhatTheOpsKeepIsNoMoreThanIsSaidAndMoreThanAThirdOfIt) {
  const auto model = model_memory(oracle::plan().config);
  for (const Composition composition : {Composition::lorahub, Composition::exact})
    for (const auto& [source, target] : {std::pair{5, 30}, {60, 4}})
      for (const Index members : {1, 3}) {
        const Catalogue c = uniform(source, target);
        const oracle::EngineOptions options{.composition = composition, .kind = GetParam()};
        const BatchShape shape = oracle::engine_plan(c, options, 8)->batches();
        const std::string what = std::to_string(source) + " tokens, " + std::to_string(members) + " members";
        const std::vector<double> weights(20, 0.05);
        std::vector<std::int32_t> adapters(20);
        std::iota(adapters.begin(), adapters.end(), 0);

        const auto evaluating = oracle::engine(c, options);
        evaluating->start(EvaluateWork{std::vector<Member>(members, {adapters, 0, weights})})->finish();
        const std::size_t evaluation = evaluation_scratch(*model, evaluating->ops(), shape, members).bytes();
        EXPECT_LE(evaluating->ops().scratch_bytes(), evaluation) << what;
        EXPECT_GE(3 * evaluating->ops().scratch_bytes(), evaluation) << what;

        const auto predicting = oracle::engine(c, options);
        predicting->start(PredictWork{std::vector<PredictMember>(members, {adapters, weights, {0, 1, 2, 3, 4}}), 8})
            ->finish();
        const std::size_t prediction =
            prediction_scratch(*model, predicting->ops(), shape, members, 5 * members, 5 * members * source).bytes();
        EXPECT_LE(predicting->ops().scratch_bytes(), prediction) << what;
        EXPECT_GE(3 * predicting->ops().scratch_bytes(), prediction) << what;
      }
}

WorkerCapacity capacity_of_flan_t5_large(const ScratchSizes& ops, std::size_t free_memory) {
  static const auto memory = model_memory(T5Config{.d_model = 1024,
                                                   .d_kv = 64,
                                                   .d_ff = 2816,
                                                   .heads = 16,
                                                   .encoder_layers = 24,
                                                   .decoder_layers = 24,
                                                   .vocabulary = 32128});
  return fitting_capacity(*memory, ops,
                          {.activation = Element::bf16,
                           .source_rows = 5 * 320,
                           .target_rows = 5 * 30,
                           .longest_source = 600,
                           .longest_target = 60,
                           .adapters = 20,
                           .factors = 4'718'592,
                           .bypass_columns = 32},
                          free_memory);
}

TEST_P(CapacityOfDevice, LargeDevicesTakeAWholeSeedOfTasksAndItsTestSets) {
  const WorkerCapacity h200 = capacity_of_flan_t5_large(*ops, 135 * gib),
                       consumer = capacity_of_flan_t5_large(*ops, 20 * gib);
  EXPECT_EQ(h200.members, most_members);
  EXPECT_GE(h200.predictions, 1000);
  EXPECT_GE(consumer.members, 27);
  EXPECT_GE(consumer.predictions, 100);
}

TEST_P(CapacityOfDevice, MoreMemoryNeverTakesLess) {
  WorkerCapacity before{.members = 1, .predictions = 1};
  EXPECT_EQ(capacity_of_flan_t5_large(*ops, 0), before) << "whether one fits, the device will say";
  for (std::size_t memory = gib / 4; memory < 512 * gib; memory += memory / 3) {
    const WorkerCapacity now = capacity_of_flan_t5_large(*ops, memory);
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

INSTANTIATE_TEST_SUITE_P(AllDevices, CapacityOfDevice, testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                         [](const auto& param) { return param.param == DeviceKind::cpu ? "cpu" : "cuda"; });

}  // namespace
}  // namespace lorasweep
