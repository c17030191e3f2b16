// SPDX-License-Identifier: Apache-2.0
// The order of sites, and their agreement with the tensors of the network.
#include "data/model/lora_sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lorasweep {
namespace {

using testing::ElementsAre;

std::vector<std::string> modules(const T5Config& config) {
  std::vector<std::string> names;
  for (const LoraSite& site : lora_sites(model_plan(config))) names.push_back(site.module);
  return names;
}

constexpr T5Config flan_large = {.d_model = 1024,
                                 .d_kv = 64,
                                 .d_ff = 2816,
                                 .heads = 16,
                                 .encoder_layers = 24,
                                 .decoder_layers = 24,
                                 .vocabulary = 32128};

TEST(LoraSites, AreInTheOrderOfTheNetwork) {
  T5Config config{
      .d_model = 8, .d_kv = 3, .d_ff = 5, .heads = 2, .encoder_layers = 1, .decoder_layers = 1, .vocabulary = 9};
  EXPECT_THAT(modules(config),
              ElementsAre("encoder.block.0.layer.0.SelfAttention.q", "encoder.block.0.layer.0.SelfAttention.k",
                          "encoder.block.0.layer.0.SelfAttention.v", "encoder.block.0.layer.0.SelfAttention.o",
                          "encoder.block.0.layer.1.DenseReluDense.wi_0", "encoder.block.0.layer.1.DenseReluDense.wi_1",
                          "encoder.block.0.layer.1.DenseReluDense.wo", "decoder.block.0.layer.0.SelfAttention.q",
                          "decoder.block.0.layer.0.SelfAttention.k", "decoder.block.0.layer.0.SelfAttention.v",
                          "decoder.block.0.layer.0.SelfAttention.o", "decoder.block.0.layer.1.EncDecAttention.q",
                          "decoder.block.0.layer.1.EncDecAttention.k", "decoder.block.0.layer.1.EncDecAttention.v",
                          "decoder.block.0.layer.1.EncDecAttention.o", "decoder.block.0.layer.2.DenseReluDense.wi_0",
                          "decoder.block.0.layer.2.DenseReluDense.wi_1", "decoder.block.0.layer.2.DenseReluDense.wo"));
  config.feed_forward = FeedForward::relu;
  EXPECT_THAT(modules(config), testing::Contains("decoder.block.0.layer.2.DenseReluDense.wi"));
  EXPECT_EQ(modules(config).size(), 16u);
}

TEST(LoraSites, HaveTheShapesOfTheWeightsTheyChange) {
  T5Config config = flan_large;
  config.heads = 5;  // inner width is not d_model
  std::size_t found = 0;
  const std::vector<StoredTensor> tensors = stored_tensors(model_plan(config));
  for (const LoraSite& site : lora_sites(model_plan(config))) {
    const auto weight = std::ranges::find(tensors, site.module + ".weight", &StoredTensor::name);
    ASSERT_NE(weight, tensors.end()) << site.module;
    EXPECT_THAT(weight->shape, ElementsAre(site.out, site.in)) << site.module;
    ++found;
  }
  EXPECT_EQ(found, 24u * 7 + 24u * 11);
}

// 144 linear maps and 4,718,592 parameters at rank 16: the published adapters of flan-t5-large.
TEST(LoraSites, GiveThePublishedAdaptersTheirSize) {
  std::int64_t sites = 0, parameters = 0;
  for (const LoraSite& site : lora_sites(model_plan(flan_large)))
    if (site.module.ends_with(".q") || site.module.ends_with(".v")) {
      ++sites;
      parameters += 16 * (site.in + site.out);
    }
  EXPECT_EQ(sites, 144);
  EXPECT_EQ(parameters, 4'718'592);
}

}  // namespace
}  // namespace lorasweep
