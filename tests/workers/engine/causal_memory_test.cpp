// SPDX-License-Identifier: Apache-2.0
// What a decoder-only network says that it takes, against what it has taken.
#include "workers/causal/causal_memory.h"

#include "tests/testing/causal_oracle.h"
#include "tests/testing/limited_ops.h"
#include "workers/engine/capacity.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using causal_oracle::golden;

class CausalMemoryOf : public testing::TestWithParam<std::tuple<DeviceKind, Element>> {
 protected:
  void SetUp() override {
    if (device_count(options.kind) == 0) GTEST_SKIP() << "no CUDA device here";
    engine = models.engine_on(
        std::make_unique<LimitedOps>(make_ops({.activation = options.activation, .kind = options.kind}), memory),
        catalogue(), options);
  }
  // Tokens do not matter: their number does.
  static Catalogue catalogue() {
    Catalogue all{.examples = {}, .example_sets = {{0, 1, 2}}};
    for (const auto& [prompt, completion] : {std::pair{40, 9}, {200, 3}, {90, 40}})
      all.examples.push_back({TokenIds(prompt, 7), TokenIds(completion, 9)});
    return all;
  }
  causal_oracle::Models models{
      golden("qwen2/base"), {golden("qwen2/adapters/tiny_qwen2-bool_v1"), golden("qwen2/adapters/tiny_qwen2-copy_v2")}};
  causal_oracle::EngineOptions options{
      .activation = std::get<1>(GetParam()), .kind = std::get<0>(GetParam()), .most_adapters = 2, .max_new_tokens = 60};
  LimitedMemory memory;
  std::unique_ptr<LanguageEngine> engine;
  std::shared_ptr<const EnginePlan> plan = models.engine_plan(catalogue(), options);
  CausalMemory said{std::get<CausalConfig>(models.plan().config)};
};

TEST_P(CausalMemoryOf, EvaluationsIsWhatIsTakenAndLittleMore) {
  const std::vector<double> weights = {0.5, 0.25};
  for (const Index count : {1, 3}) {
    memory.most_used = 0;
    causal_oracle::evaluate(*engine, std::vector<Member>(count, {{0, 1}, 0, weights}));
    const std::size_t bytes = evaluation_bytes(said, plan->batches(), count);
    EXPECT_GE(bytes, memory.most_used);
    EXPECT_LE(bytes, memory.most_used * 5 / 4);
  }
  const WorkspaceSize scratch = evaluation_scratch(said, engine->ops(), plan->batches(), 3);
  EXPECT_GE(scratch.bytes(), engine->ops().scratch_bytes());
  EXPECT_LE(scratch.bytes(), engine->ops().scratch_bytes() * 3 / 2);
}

TEST_P(CausalMemoryOf, PredictionsIsWhatIsTakenAtTheEndAndAtMostTheCachesTwice) {
  const std::vector<double> weights = {0.5, 0.25};
  causal_oracle::predict(*engine, {{{{0, 1}, weights, {0, 1, 2}}}, 60});
  const Index rows = prompt_rows_at_once(plan->batches().source_rows, 1);
  const std::size_t bytes = prediction_bytes(said, plan->batches(), 1, 3, rows);
  EXPECT_GE(bytes, memory.most_used);
  EXPECT_LE(bytes, 3 * memory.most_used);
  EXPECT_GE(prediction_scratch(said, engine->ops(), plan->batches(), 1, 3, rows).bytes(),
            engine->ops().scratch_bytes());
}

INSTANTIATE_TEST_SUITE_P(AllDevices, CausalMemoryOf,
                         testing::Combine(testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                                          testing::Values(Element::f32, Element::bf16)),
                         [](const auto& param) {
                           return std::string(std::get<0>(param.param) == DeviceKind::cpu ? "cpu_" : "cuda_") +
                                  (std::get<1>(param.param) == Element::f32 ? "f32" : "bf16");
                         });

TEST(CausalEngine, RefusesWhatHasMoreTokensThanThereArePositionsAndStaysUsable) {
  const causal_oracle::Models models(golden("shapes/llama_plain"), {});  // 96 positions
  Catalogue catalogue{.examples = {{TokenIds(60, 7), TokenIds(37, 9)}, {TokenIds(60, 7), TokenIds(36, 9)}},
                      .example_sets = {{0}, {1}}};
  const auto engine = models.engine(catalogue, {.max_new_tokens = 38});
  EXPECT_THROW(engine->start(EvaluateWork{{{{}, 0, {}}}}), std::out_of_range);
  EXPECT_EQ(causal_oracle::evaluate(*engine, {{{}, 1, {}}})[0].size(), 1u);
  EXPECT_THROW(engine->start(PredictWork{{{{}, {}, {0}}}, 38}), std::out_of_range);
  EXPECT_EQ(causal_oracle::predict(*engine, {{{{}, {}, {0}}}, 37})[0].size(), 1u);
}

}  // namespace
}  // namespace lorasweep
