// SPDX-License-Identifier: Apache-2.0
// What is counted from a plan, against what an engine asks its device for, and against products made by hand.
#include "pipeline/cost/network_effort.h"

#include "tests/pipeline/cost/counting_ops.h"
#include "tests/testing/causal_oracle.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <numeric>

namespace lorasweep {
namespace {

// Tokens do not matter: their number does.
Catalogue catalogue(const std::vector<std::pair<int, int>>& lengths) {
  Catalogue all{.examples = {}, .example_sets = {{}}};
  for (const auto& [prompt, target] : lengths) {
    all.example_sets[0].push_back(static_cast<std::int32_t>(all.examples.size()));
    all.examples.push_back({TokenIds(prompt, 7), TokenIds(target, 9)});
  }
  return all;
}

const std::vector<std::pair<int, int>> lengths = {{12, 3}, {40, 1}, {25, 6}};

Effort losses(const NetworkEffort& network) {
  std::vector<ExampleLength> examples;
  for (const auto& [prompt, target] : lengths)
    examples.push_back({static_cast<std::size_t>(prompt), static_cast<std::size_t>(target)});
  return network.losses(examples);
}

Effort answers(const NetworkEffort& network, const std::vector<std::size_t>& prompts,
               const std::vector<TokenIds>& generated) {
  std::vector<double> tokens;
  for (const TokenIds& answer : generated) tokens.push_back(static_cast<double>(answer.size()));
  return network.prompts(prompts) + network.steps(prompts, tokens);
}

void expect_equal(const Effort& counted, const Effort& done) {
  EXPECT_DOUBLE_EQ(counted.maps, done.maps);
  EXPECT_DOUBLE_EQ(counted.attention, done.attention);
  EXPECT_DOUBLE_EQ(counted.bypass, done.bypass);
  EXPECT_DOUBLE_EQ(counted.calls, done.calls);
}

class EffortOf : public testing::TestWithParam<Composition> {
 protected:
  Effort done;
  // Many alike, so that the last ones to end are still as many as a short step counts.
  std::vector<std::size_t> prompts = std::vector<std::size_t>(12, 25);
  std::vector<std::int32_t> examples = std::vector<std::int32_t>(12, 2);
};

TEST_P(EffortOf, LossesAndAnswersBehindAnEncoderIsWhatTheEngineAsksFor) {
  const std::vector<std::int32_t> rows = {0, 3, 5};
  const std::vector<double> weights = {0.5, 0.25, -0.25};
  std::vector<AdapterShape> shapes;
  for (const std::int32_t row : rows) shapes.push_back(oracle::shapes()[row]);
  const NetworkEffort network(oracle::plan(), GetParam(), shapes);
  const auto engine = oracle::engine_on(std::make_unique<CountingOps>(make_ops({}), done), catalogue(lengths),
                                        {.composition = GetParam()});
  oracle::evaluate(*engine, {{rows, 0, weights}});
  expect_equal(losses(network), done);

  done = {};
  const auto generated = oracle::predict(*engine, {{{rows, weights, examples}}, 9});
  expect_equal(answers(network, prompts, generated), done);
}

TEST_P(EffortOf, LossesAndAnswersInOneSequenceIsWhatTheEngineAsksFor) {
  const causal_oracle::Models models(causal_oracle::golden("qwen2/base"),
                                     {causal_oracle::golden("qwen2/adapters/tiny_qwen2-bool_v1"),
                                      causal_oracle::golden("qwen2/adapters/tiny_qwen2-copy_v2")});
  const NetworkEffort network(models.plan(), GetParam(), models.shapes());
  const auto engine = models.engine_on(std::make_unique<CountingOps>(make_ops({}), done), catalogue(lengths),
                                       {.composition = GetParam()});
  const std::vector<double> weights = {0.5, 0.25};
  causal_oracle::evaluate(*engine, {{{0, 1}, 0, weights}});
  Effort counted = losses(network);
  // Attention is another interface's: made by hand. Half of a square and the diagonal, scores and averages, all layers.
  const auto& config = std::get<CausalConfig>(models.plan().config);
  double pairs = 0;
  for (const auto& [prompt, target] : lengths) {
    const int rows = prompt + target - 1;
    pairs += rows * (rows + 1) / 2;
  }
  done.attention = 2.0 * pairs * config.query_width() * config.layers;
  expect_equal(counted, done);

  done = {};
  const auto generated = causal_oracle::predict(*engine, {{{{0, 1}, weights, examples}}, 9})[0];
  counted = answers(network, prompts, generated);
  pairs = 0;
  for (const TokenIds& tokens : generated) {
    const int rows = 25 + static_cast<int>(tokens.size()) - 1;
    pairs += rows * (rows + 1) / 2;
  }
  done.attention = 2.0 * pairs * config.query_width() * config.layers;
  expect_equal(counted, done);
}

INSTANTIATE_TEST_SUITE_P(Compositions, EffortOf, testing::Values(Composition::lorahub, Composition::exact),
                         [](const auto& of) { return std::string(name_of(of.param)); });

TEST(Effort, OfAnEncoderIsTheProductsOfItsSizes) {
  // 3 + 2 layers, d_model 96: q, k, v, o and the feed-forward part of each row; a label's row also meets the head.
  const T5Config& c = oracle::config();
  const double inner = c.inner(), layer = 4 * c.d_model * inner + (c.gated() ? 3.0 : 2.0) * c.d_model * c.d_ff;
  const NetworkEffort network(oracle::plan(), Composition::lorahub, {});
  const std::vector<std::size_t> ten = {10};
  const Effort prompt = network.prompts(ten);
  EXPECT_DOUBLE_EQ(prompt.maps, 10 * c.encoder_layers * layer);
  EXPECT_DOUBLE_EQ(prompt.attention, 2.0 * 10 * 10 * inner * c.encoder_layers);
  EXPECT_EQ(prompt.bypass, 0);
  EXPECT_EQ(network.composition(), Effort{});
  const std::vector<ExampleLength> one = {{10, 1}};
  const Effort label = network.losses(one) + -1.0 * prompt;
  EXPECT_DOUBLE_EQ(label.maps, c.decoder_layers * (layer + 4.0 * c.d_model * inner) + 1.0 * c.d_model * c.vocabulary);
}

TEST(Effort, OfASumIsEveryFloatOfEveryAdapterOnceAndOfAdaptersInPlaceNothing) {
  const std::vector<AdapterShape> all = oracle::shapes(), shapes(all.begin(), all.begin() + 20);
  double floats = 0;
  for (std::size_t a = 0; a < 20; ++a)
    for (const AdapterSite& site : oracle::adapters()[a].sites())
      floats += static_cast<double>(oracle::adapters()[a].read_a(site).values.size() +
                                    oracle::adapters()[a].read_b(site).values.size());
  EXPECT_EQ(NetworkEffort(oracle::plan(), Composition::lorahub, shapes).composition().composed, floats);
  EXPECT_EQ(NetworkEffort(oracle::plan(), Composition::exact, shapes).composition().composed, 0);
}

TEST(Effort, OfAStepOfFewRowsIsThatOfSix) {
  const NetworkEffort network(oracle::plan(), Composition::lorahub, {});
  const std::vector<std::size_t> prompts(6, 10);
  const std::vector<double> tokens(6, 4);
  EXPECT_EQ(network.steps({prompts.data(), 1}, {tokens.data(), 1}).maps, network.steps(prompts, tokens).maps);
  EXPECT_LT(network.steps({prompts.data(), 1}, {tokens.data(), 1}).attention, network.steps(prompts, tokens).attention);
}

}  // namespace
}  // namespace lorasweep
