// SPDX-License-Identifier: Apache-2.0
// The same work gives the same bits: whatever else is in the batch, however many threads, whichever weight file.
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace lorasweep {
namespace {

Catalogue catalogue() {
  Catalogue c;
  for (const auto& group : oracle::golden_json("losses.json")) {
    auto& set = c.example_sets.emplace_back();
    for (std::size_t i = 0; i < group.at("inputs").size(); ++i) {
      set.push_back(static_cast<std::int32_t>(c.examples.size()));
      c.examples.push_back(oracle::example(group.at("inputs")[i], group.at("targets")[i]));
    }
    c.adapter_sets.push_back(oracle::adapter_set(group.at("modules")));
  }
  return c;
}

std::vector<double> some_weights(int n, int variant) {
  std::vector<double> weights;
  for (int i = 0; i < n; ++i) weights.push_back(0.1 * ((i * 7 + variant * 3) % 11) - 0.5);
  return weights;
}

struct Device {
  DeviceKind kind;
  Element activation;
};

class Invariance : public testing::TestWithParam<Device> {
 protected:
  void SetUp() override {
    if (device_count(GetParam().kind) == 0) GTEST_SKIP() << "no CUDA device here";
  }
  static oracle::EngineOptions options(int threads = 1) {
    return {.activation = GetParam().activation, .threads = threads, .kind = GetParam().kind};
  }
};

TEST_P(Invariance, LossesDoNotDependOnTheOtherMembersOfABatch) {
  const Catalogue c = catalogue();
  const auto engine = oracle::engine(c, options());
  std::vector<Member> members;
  std::vector<std::vector<double>> alone;
  for (int variant = 0; variant < 3; ++variant)
    for (std::int32_t g = 0; g < static_cast<std::int32_t>(c.example_sets.size()); ++g)
      members.push_back({g, g, some_weights(static_cast<int>(c.adapter_sets[g].size()), variant)});
  for (const Member& member : members) alone.push_back(oracle::evaluate(*engine, {member})[0]);
  EXPECT_EQ(oracle::evaluate(*engine, members), alone);
  std::ranges::reverse(members);
  std::ranges::reverse(alone);
  EXPECT_EQ(oracle::evaluate(*engine, members), alone);
}

TEST_P(Invariance, LossesAndAnswersDoNotDependOnTheNumberOfThreads) {
  const Catalogue c = catalogue();
  const auto one = oracle::engine(c, options(1)), three = oracle::engine(c, options(3));
  std::vector<std::int32_t> all(c.examples.size());
  std::iota(all.begin(), all.end(), 0);
  for (std::int32_t g = 0; g < static_cast<std::int32_t>(c.example_sets.size()); ++g) {
    const Member member{g, g, some_weights(static_cast<int>(c.adapter_sets[g].size()), g)};
    EXPECT_EQ(oracle::evaluate(*one, {member}), oracle::evaluate(*three, {member}));
    const PredictWork work{{{g, member.weights, all}}, 40};
    EXPECT_EQ(oracle::predict(*one, work), oracle::predict(*three, work));
  }
}

TEST_P(Invariance, AnswersDoNotDependOnTheOtherExamplesOfABatch) {
  const Catalogue c = catalogue();
  const auto engine = oracle::engine(c, options());
  std::vector<std::int32_t> all(c.examples.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<double> weights = some_weights(static_cast<int>(c.adapter_sets[0].size()), 1);
  const auto together = oracle::predict(*engine, {{{0, weights, all}}, 64});
  for (const std::int32_t example : all)
    EXPECT_EQ(oracle::predict(*engine, {{{0, weights, {example}}}, 64})[0], together[example]);
}

// Composed models and the base model in turns, some examples in several of them, members without any; more than the
// encoder takes at once.
TEST_P(Invariance, AnswersDoNotDependOnTheOtherModelsOfABatch) {
  const Catalogue c = catalogue();
  const auto engine = oracle::engine(c, options());
  PredictWork together{{}, 24};
  std::vector<TokenIds> alone;
  for (int m = 0; m < 12; ++m) {
    const auto set = m % 3 == 2 ? -1 : static_cast<std::int32_t>(m % static_cast<int>(c.adapter_sets.size()));
    PredictMember member{set, {}, {}};
    if (set >= 0) member.weights = some_weights(static_cast<int>(c.adapter_sets[set].size()), m);
    for (std::size_t i = 0; m != 4 && i < c.examples.size(); i += 1 + static_cast<std::size_t>(m % 4))
      member.examples.push_back(static_cast<std::int32_t>(i));
    for (auto& answer : oracle::predict(*engine, {{member}, 24})) alone.push_back(std::move(answer));
    together.members.push_back(std::move(member));
  }
  EXPECT_EQ(oracle::predict(*engine, together), alone);
  EXPECT_NE(oracle::predict(*engine, {{{-1, {}, together.members[0].examples}}, 24}),
            oracle::predict(*engine, {{together.members[0]}, 24}))
      << "the composed model answers like the base model: the test shows nothing";
}

INSTANTIATE_TEST_SUITE_P(AllDevices, Invariance,
                         testing::Values(Device{DeviceKind::cpu, Element::f32}, Device{DeviceKind::cpu, Element::bf16},
                                         Device{DeviceKind::cuda, Element::f32},
                                         Device{DeviceKind::cuda, Element::bf16}),
                         [](const auto& param) {
                           return std::string(param.param.kind == DeviceKind::cpu ? "cpu_" : "cuda_") +
                                  (param.param.activation == Element::f32 ? "f32" : "bf16");
                         });

TEST(Bf16, LossesStayNearThoseOfF32) {
  const Catalogue c = catalogue();
  const auto f32 = oracle::engine(c), bf16 = oracle::engine(c, {.activation = Element::bf16});
  for (std::int32_t g = 0; g < static_cast<std::int32_t>(c.example_sets.size()); ++g) {
    const Member member{g, g, std::vector<double>(c.adapter_sets[g].size(), 0.05)};
    const auto expected = oracle::evaluate(*f32, {member})[0], got = oracle::evaluate(*bf16, {member})[0];
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 0.05 * expected[i] + 0.05);
    EXPECT_NE(got, expected) << "bf16 must not silently compute in f32";
  }
}

TEST(GreedyDecoding, EndsAtTheLimitAndAtTheEndToken) {
  Catalogue c = catalogue();
  const auto engine = oracle::engine(c);
  const std::vector<std::int32_t> all = {0, 1, 2, 3, 4};
  const auto unlimited = oracle::predict(*engine, {{{-1, {}, all}}, 256}),
             none = oracle::predict(*engine, {{{-1, {}, all}}, 0});
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(none[i].empty());
    for (const std::int32_t limit : {1, 2, 3}) {
      TokenIds expected = unlimited[i];
      if (expected.size() > static_cast<std::size_t>(limit)) expected.resize(limit);
      EXPECT_EQ(oracle::predict(*engine, {{{-1, {}, {all[i]}}}, limit})[0], expected);
    }
  }
}

TEST(Engine, RefusesWorkThatTheCatalogueDoesNotKnowAndStaysUsable) {
  const Catalogue c = catalogue();
  const auto engine = oracle::engine(c);
  const Member good{0, 0, some_weights(static_cast<int>(c.adapter_sets[0].size()), 0)};
  const auto expected = oracle::evaluate(*engine, {good});
  EXPECT_THROW(engine->start(EvaluateWork{{{0, 99, good.weights}}}), std::out_of_range);
  EXPECT_THROW(engine->start(EvaluateWork{{{99, 0, good.weights}}}), std::out_of_range);
  EXPECT_THROW(engine->start(EvaluateWork{{{0, 0, {1.0}}}}), std::invalid_argument);
  EXPECT_THROW(engine->start(PredictWork{{{-1, {}, {12345}}}, 4}), std::out_of_range);
  EXPECT_EQ(oracle::evaluate(*engine, {good}), expected);
}

TEST(Engine, RefusesTokensBeyondTheVocabulary) {
  Catalogue c{.examples = {{{5, 1}, {99999, 1}}}, .example_sets = {{0}}, .adapter_sets = {}};
  EXPECT_THROW(oracle::engine(c), std::out_of_range);
}

}  // namespace
}  // namespace lorasweep
