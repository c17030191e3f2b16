// SPDX-License-Identifier: Apache-2.0
// A CUDA device replays what it recorded of a decoder-only model's evaluations: with other weights, and after answers
// whose caches grew.
#include "tests/testing/causal_oracle.h"
#include "workers/causal/key_value_caches.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lorasweep {
namespace {

using causal_oracle::golden;

class CausalRecords : public testing::TestWithParam<Element> {
 protected:
  void SetUp() override {
    if (device_count(DeviceKind::cuda) == 0) GTEST_SKIP() << "no CUDA device here";
    recording = engine();
  }
  std::unique_ptr<LanguageEngine> engine() {
    return models.engine(catalogue, {.activation = GetParam(), .kind = DeviceKind::cuda, .max_new_tokens = 40});
  }
  std::vector<std::vector<double>> evaluate(LanguageEngine& on, double weight) {
    return causal_oracle::evaluate(on, {{{0}, 0, {weight}}, {{}, 1, {}}});
  }
  /// Of the base model, which does not stop by itself on such prompts.
  std::vector<TokenIds> answer(std::int32_t most) {
    return causal_oracle::predict(*recording, {{{{}, {}, {0, 1, 2}}}, most})[0];
  }
  OpsCounters counters() { return *recording->counters(); }

  std::filesystem::path folder = golden("shapes/qwen2_window");
  causal_oracle::Models models{folder, {folder / "adapter"}};
  const Catalogue catalogue{.examples = {{{5, 9, 3, 7, 11}, {4, 8}}, {{6, 2}, {13}}, {TokenIds(30, 21), {17, 4, 2}}},
                            .example_sets = {{0, 1}, {2}}};
  std::unique_ptr<LanguageEngine> recording;
};

TEST_P(CausalRecords, ServeOtherWeightsAndOutliveAnswersThatOutgrowTheirCaches) {
  answer(4);  // first, so that its caches are older than the records
  for (const double weight : {0.3, 0.4}) evaluate(*recording, weight);
  const OpsCounters before = counters();
  EXPECT_GT(before.records, 0u);
  for (const double weight : {0.5, -0.7}) {
    std::size_t longest = 0;
    for (const TokenIds& tokens : answer(KeyValueCaches::first_growth + 4)) longest = std::max(longest, tokens.size());
    ASSERT_GT(longest, static_cast<std::size_t>(KeyValueCaches::first_growth))
        << "no cache grew: the test shows nothing";
    const auto alone = engine();
    EXPECT_EQ(evaluate(*recording, weight), evaluate(*alone, weight));
  }
  EXPECT_EQ(counters().plain_runs, before.plain_runs);
  EXPECT_EQ(counters().records, before.records);
  EXPECT_EQ(counters().replays, before.replays + 2);
  EXPECT_EQ(counters().refused_records, 0u);
  EXPECT_EQ(counters().refused_products, 0u);
}

INSTANTIATE_TEST_SUITE_P(cuda, CausalRecords, testing::Values(Element::f32, Element::bf16), [](const auto& param) {
  return param.param == Element::f32 ? std::string("f32") : std::string("bf16");
});

}  // namespace
}  // namespace lorasweep
