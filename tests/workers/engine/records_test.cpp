// SPDX-License-Identifier: Apache-2.0
// An engine's work comes again and again, and a CUDA device replays what it recorded of it: also after answers, short
// and long.
#include "tests/testing/oracle.h"
#include "workers/network/decoder_caches.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lorasweep {
namespace {

class EngineRecords : public testing::TestWithParam<Element> {
 protected:
  void SetUp() override {
    if (device_count(DeviceKind::cuda) == 0) GTEST_SKIP() << "no CUDA device here";
    engine = oracle::engine(cases.catalogue, {.activation = GetParam(), .kind = DeviceKind::cuda});
  }
  std::vector<std::vector<double>> evaluate(double weight) {
    return oracle::evaluate(*engine, {{cases.adapters[0], 0, std::vector<double>(cases.adapters[0].size(), weight)},
                                      {cases.adapters[1], 1, std::vector<double>(cases.adapters[1].size(), weight)}});
  }
  /// Steps that were decoded. A model of so large weights rambles.
  std::size_t answer(std::int32_t max_new_tokens) {
    const std::vector<double> weights(cases.adapters[0].size(), 0.5);
    const PredictWork work{{{cases.adapters[0], weights, {0, 5, 25}}}, max_new_tokens};
    std::size_t steps = 0;
    for (const TokenIds& tokens : oracle::predict(*engine, work)) steps = std::max(steps, tokens.size());
    return steps;
  }
  OpsCounters counters() { return *engine->counters(); }

  const oracle::Cases cases = oracle::cases();
  std::unique_ptr<LanguageEngine> engine;
};

TEST_P(EngineRecords, OutliveAnswersThatOutgrowTheirCaches) {
  answer(4);  // first, so that its caches are older than the records
  for (const double weight : {0.3, 0.4}) evaluate(weight);
  const auto expected = evaluate(0.5);
  const OpsCounters before = counters();
  for (int round = 0; round < 2; ++round) {
    const std::size_t steps = answer(DecoderCaches::first_capacity + 2);
    ASSERT_GT(steps, static_cast<std::size_t>(DecoderCaches::first_capacity))
        << "no cache grew: the test shows nothing";
    EXPECT_EQ(evaluate(0.5), expected);
  }
  EXPECT_EQ(counters().plain_runs, before.plain_runs);
  EXPECT_EQ(counters().records, before.records);
  EXPECT_EQ(counters().replays, before.replays + 2);
  EXPECT_EQ(counters().refused_records, 0u);
  EXPECT_EQ(counters().refused_products, 0u);
}

INSTANTIATE_TEST_SUITE_P(cuda, EngineRecords, testing::Values(Element::f32, Element::bf16), [](const auto& param) {
  return param.param == Element::f32 ? std::string("f32") : std::string("bf16");
});

}  // namespace
}  // namespace lorasweep
