// SPDX-License-Identifier: Apache-2.0
// The same work gives the same bits: whatever else is in the batch, however many threads, whichever weight file.
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace lorasweep {
namespace {

std::vector<double> some_weights(const std::vector<std::int32_t>& adapters, int variant) {
  std::vector<double> weights;
  for (int i = 0; i < static_cast<int>(adapters.size()); ++i)
    weights.push_back(0.1 * ((i * 7 + variant * 3) % 11) - 0.5);
  return weights;
}

struct Device {
  DeviceKind kind;
  Element activation;
  Composition composition = Composition::lorahub;
};

#ifdef LORASWEEP_CUDA_ON_HOST
constexpr bool emulated = true;
#else
constexpr bool emulated = false;
#endif

// A lane after the other takes a hundred times as long as a CPU's kernels: then four of the shots.
oracle::Cases cases() { return emulated ? oracle::cases(2, 2) : oracle::cases(); }

class Invariance : public testing::TestWithParam<Device> {
 protected:
  void SetUp() override {
    if (device_count(GetParam().kind) == 0) GTEST_SKIP() << "no CUDA device here";
  }
  static oracle::EngineOptions options(int threads = 1) {
    return {.activation = GetParam().activation,
            .threads = threads,
            .composition = GetParam().composition,
            .kind = GetParam().kind};
  }
};

TEST_P(Invariance, LossesDoNotDependOnTheOtherMembersOfABatch) {
  const oracle::Cases c = cases();
  const auto engine = oracle::engine(c.catalogue, options());
  std::vector<Member> members;
  std::vector<std::vector<double>> alone;
  for (int variant = 0; variant < 3; ++variant)
    for (std::int32_t g = 0; g < static_cast<std::int32_t>(c.catalogue.example_sets.size()); ++g)
      members.push_back({c.adapters[g], g, some_weights(c.adapters[g], variant)});
  for (const Member& member : members) alone.push_back(oracle::evaluate(*engine, {member})[0]);
  EXPECT_EQ(oracle::evaluate(*engine, members), alone);
  std::ranges::reverse(members);
  std::ranges::reverse(alone);
  EXPECT_EQ(oracle::evaluate(*engine, members), alone);
}

TEST_P(Invariance, LossesAndAnswersDoNotDependOnTheNumberOfThreads) {
  const oracle::Cases c = cases();
  const auto one = oracle::engine(c.catalogue, options(1)), three = oracle::engine(c.catalogue, options(3));
  std::vector<std::int32_t> all(c.catalogue.examples.size());
  std::iota(all.begin(), all.end(), 0);
  for (std::int32_t g = 0; g < static_cast<std::int32_t>(c.catalogue.example_sets.size()); ++g) {
    const Member member{c.adapters[g], g, some_weights(c.adapters[g], g)};
    EXPECT_EQ(oracle::evaluate(*one, {member}), oracle::evaluate(*three, {member}));
    const PredictWork work{{{member.adapters, member.weights, all}}, 40};
    EXPECT_EQ(oracle::predict(*one, work), oracle::predict(*three, work));
  }
}

TEST_P(Invariance, AnswersDoNotDependOnTheOtherExamplesOfABatch) {
  const oracle::Cases c = cases();
  const auto engine = oracle::engine(c.catalogue, options());
  std::vector<std::int32_t> all(c.catalogue.examples.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<double> weights = some_weights(c.adapters[0], 1);
  const auto together = oracle::predict(*engine, {{{c.adapters[0], weights, all}}, 64});
  for (const std::int32_t example : all)
    EXPECT_EQ(oracle::predict(*engine, {{{c.adapters[0], weights, {example}}}, 64})[0], together[example]);
}

// Composed models and the base model in turns, some examples in several of them, members without any; more than the
// encoder takes at once.
TEST_P(Invariance, AnswersDoNotDependOnTheOtherModelsOfABatch) {
  const oracle::Cases c = cases();
  const auto engine = oracle::engine(c.catalogue, options());
  PredictWork together{{}, 24};
  std::vector<TokenIds> alone;
  for (int m = 0; m < 12; ++m) {
    PredictMember member;
    if (m % 3 != 2) member.adapters = c.adapters[static_cast<std::size_t>(m) % c.adapters.size()];
    member.weights = some_weights(member.adapters, m);
    for (std::size_t i = 0; m != 4 && i < c.catalogue.examples.size(); i += 1 + static_cast<std::size_t>(m % 4))
      member.examples.push_back(static_cast<std::int32_t>(i));
    for (auto& answer : oracle::predict(*engine, {{member}, 24})) alone.push_back(std::move(answer));
    together.members.push_back(std::move(member));
  }
  EXPECT_EQ(oracle::predict(*engine, together), alone);
  EXPECT_NE(oracle::predict(*engine, {{{{}, {}, together.members[0].examples}}, 24}),
            oracle::predict(*engine, {{together.members[0]}, 24}))
      << "the composed model answers like the base model: the test shows nothing";
}

// A screen's units: single adapters and whole searches, other tasks, the base model between them.
TEST_P(Invariance, LossesOfSingleAdaptersDoNotDependOnTheSearchesBesideThem) {
  const oracle::Cases c = cases();
  const auto engine = oracle::engine(c.catalogue, options());
  std::vector<Member> members;
  for (std::int32_t m = 0; m < 7; ++m) {
    const auto set = static_cast<std::int32_t>(m % static_cast<int>(c.adapters.size()));
    members.push_back({{c.adapters[set][static_cast<std::size_t>(m)]}, set, {1.0}});
    if (m % 3 == 0) members.push_back({c.adapters[set], set, some_weights(c.adapters[set], m)});
    if (m == 2) members.push_back({{}, set, {}});
  }
  std::vector<std::vector<double>> alone;
  for (const Member& member : members) alone.push_back(oracle::evaluate(*engine, {member})[0]);
  EXPECT_EQ(oracle::evaluate(*engine, members), alone);
}

TEST_P(Invariance, OneAdapterAtOneIsItBesideOthersAtZeroAndSharedByItsCopies) {
  const oracle::Cases c = cases();
  const auto engine = oracle::engine(c.catalogue, options());
  const std::vector<std::int32_t>& adapters = c.adapters[0];
  const auto alone = oracle::evaluate(*engine, {{{adapters[3]}, 0, {1.0}}})[0];
  EXPECT_NE(alone, oracle::evaluate(*engine, {{{}, 0, {}}})[0]);
  std::vector<double> weights(adapters.size(), 0.0);
  weights[3] = 1;
  EXPECT_EQ(oracle::evaluate(*engine, {{adapters, 0, weights}})[0], alone);
  const auto shared = [&](int copies) {
    return oracle::evaluate(*engine, {{std::vector<std::int32_t>(static_cast<std::size_t>(copies), adapters[3]), 0,
                                       std::vector<double>(static_cast<std::size_t>(copies), 1.0 / copies)}})[0];
  };
  for (const int copies : {2, 4}) EXPECT_EQ(shared(copies), alone) << copies;
  for (const int copies : {3, 5, 20}) {
    const auto nll = shared(copies);
    for (std::size_t i = 0; i < nll.size(); ++i)  // in bf16 a row may be rounded to the other side
      EXPECT_NEAR(nll[i], alone[i], (GetParam().activation == Element::f32 ? 1e-6 : 1e-2) * alone[i]) << copies;
  }
}

std::vector<Device> all_devices() {
  std::vector<Device> all;
  for (const DeviceKind kind : {DeviceKind::cpu, DeviceKind::cuda})
    for (const Element activation : {Element::f32, Element::bf16})
      for (const Composition composition : {Composition::lorahub, Composition::exact})
        all.push_back({kind, activation, composition});
  return all;
}

INSTANTIATE_TEST_SUITE_P(AllDevices, Invariance, testing::ValuesIn(all_devices()), [](const auto& param) {
  return std::string(param.param.kind == DeviceKind::cpu ? "cpu_" : "cuda_") +
         (param.param.activation == Element::f32 ? "f32_" : "bf16_") + name_of(param.param.composition);
});

TEST(Bf16, LossesStayNearThoseOfF32) {
  const oracle::Cases c = cases();
  const auto f32 = oracle::engine(c.catalogue), bf16 = oracle::engine(c.catalogue, {.activation = Element::bf16});
  for (std::int32_t g = 0; g < static_cast<std::int32_t>(c.catalogue.example_sets.size()); ++g) {
    const Member member{c.adapters[g], g, std::vector<double>(c.adapters[g].size(), 0.05)};
    const auto expected = oracle::evaluate(*f32, {member})[0], got = oracle::evaluate(*bf16, {member})[0];
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 0.05 * expected[i] + 0.05);
    EXPECT_NE(got, expected) << "bf16 must not silently compute in f32";
  }
}

TEST(GreedyDecoding, EndsAtTheLimitAndAtTheEndToken) {
  const oracle::Cases c = oracle::cases();
  const auto engine = oracle::engine(c.catalogue);
  const std::vector<std::int32_t> all = {0, 1, 2, 3, 4};
  const auto unlimited = oracle::predict(*engine, {{{{}, {}, all}}, 256}),
             none = oracle::predict(*engine, {{{{}, {}, all}}, 0});
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(none[i].empty());
    for (const std::int32_t limit : {1, 2, 3}) {
      TokenIds expected = unlimited[i];
      if (expected.size() > static_cast<std::size_t>(limit)) expected.resize(limit);
      EXPECT_EQ(oracle::predict(*engine, {{{{}, {}, {all[i]}}}, limit})[0], expected);
    }
  }
}

TEST(Engine, RefusesWorkThatTheCatalogueDoesNotKnowAndStaysUsable) {
  const oracle::Cases c = cases();
  const auto engine = oracle::engine(c.catalogue);
  const Member good{c.adapters[0], 0, some_weights(c.adapters[0], 0)};
  const auto expected = oracle::evaluate(*engine, {good});
  EXPECT_THROW(engine->start(EvaluateWork{{{good.adapters, 99, good.weights}}}), std::out_of_range);
  for (const std::int32_t none : {-1, 99})
    EXPECT_THROW(engine->start(EvaluateWork{{{{none}, 0, {1.0}}}}), std::out_of_range);
  EXPECT_THROW(engine->start(EvaluateWork{{{good.adapters, 0, {1.0}}}}), std::invalid_argument);
  EXPECT_THROW(engine->start(PredictWork{{{{}, {}, {12345}}}, 4}), std::out_of_range);
  EXPECT_EQ(oracle::evaluate(*engine, {good}), expected);
}

TEST(Engine, RefusesTokensBeyondTheVocabulary) {
  Catalogue c{.examples = {{{5, 1}, {99999, 1}}}, .example_sets = {{0}}};
  EXPECT_THROW(oracle::engine(c), std::out_of_range);
}

}  // namespace
}  // namespace lorasweep
