// SPDX-License-Identifier: Apache-2.0
#include "workers/lora/site_groups.h"

#include "workers/lora/adapter_library.h"

#include <gtest/gtest.h>

#include <set>

namespace lorasweep {
namespace {

ModelPlan plan(FeedForward feed_forward) {
  return model_plan(T5Config{.d_model = 40,
                             .d_kv = 8,
                             .d_ff = 56,
                             .heads = 3,
                             .encoder_layers = 2,
                             .decoder_layers = 3,
                             .vocabulary = 10,
                             .feed_forward = feed_forward});
}

TEST(SiteGroups, HoldEverySiteOnceWithTheInputsAndColumnsOfItsFusedProduct) {
  for (const FeedForward feed_forward : {FeedForward::relu, FeedForward::gated_gelu}) {
    const auto sites = lora_sites(plan(feed_forward));
    const SiteGroups groups(plan(feed_forward));
    std::set<int> seen;
    for (const SiteGroup& group : groups.all()) {
      Index column = 0;
      for (const SiteGroup::Entry& entry : group.entries) {
        EXPECT_EQ(sites[entry.site].in, group.in) << sites[entry.site].module;
        EXPECT_EQ(sites[entry.site].out, entry.out);
        EXPECT_EQ(entry.column, column);
        column += entry.out;
        EXPECT_TRUE(seen.insert(entry.site).second);
      }
    }
    EXPECT_EQ(seen.size(), sites.size());
    EXPECT_EQ(groups.sites(), static_cast<int>(sites.size()));
  }
}

TEST(SiteGroups, AreFoundByStackLayerAndPart) {
  const ModelPlan network = plan(FeedForward::gated_gelu);
  const auto sites = lora_sites(network);
  const SiteGroups groups(network);
  const auto first_module = [&](const char* stack, int layer, const char* part) {
    const Place place{stack, layer, part};
    const SiteGroup& group = groups.all()[part_number(network, place)];
    EXPECT_EQ(group.place, place);
    return sites[group.entries.front().site].module;
  };
  EXPECT_EQ(first_module("encoder", 0, "self_in"), "encoder.block.0.layer.0.SelfAttention.q");
  EXPECT_EQ(first_module("encoder", 1, "ff_out"), "encoder.block.1.layer.1.DenseReluDense.wo");
  EXPECT_EQ(first_module("decoder", 0, "self_out"), "decoder.block.0.layer.0.SelfAttention.o");
  EXPECT_EQ(first_module("decoder", 2, "cross_v"), "decoder.block.2.layer.1.EncDecAttention.v");
  EXPECT_EQ(first_module("decoder", 1, "ff_in"), "decoder.block.1.layer.2.DenseReluDense.wi_0");
}

TEST(AdapterLibrary, FoldsScalingsIntoBAndLaysFactorsOutTransposed) {
  const SiteGroups groups(plan(FeedForward::relu));
  AdapterLibrary library(groups, {{.sites = {{0, 2, 3.0}, {2, 1, 0.5}}}});  // encoder 0: q with rank 2, v with rank 1
  std::vector<std::byte> image(library.bytes());
  const auto value = [](int site, bool is_a, std::int64_t row, std::int64_t col) {
    return static_cast<float>(1000 * site + (is_a ? 0 : 500) + 10 * row + col);
  };
  const auto factor = [&](int i, bool is_a) {
    const int site = i == 0 ? 0 : 2, rank = i == 0 ? 2 : 1;
    Tensor t{is_a ? std::vector<std::int64_t>{rank, 40} : std::vector<std::int64_t>{24, rank}, {}};
    for (std::int64_t r = 0; r < t.shape[0]; ++r)
      for (std::int64_t k = 0; k < t.shape[1]; ++k) t.values.push_back(value(site, is_a, r, k));
    return t;
  };
  library.write(image.data(), {.read_a = [&](int, int i) { return factor(i, true); },
                               .read_b = [&](int, int i) { return factor(i, false); }});
  const auto* row = reinterpret_cast<const float*>(image.data());
  const FactorLayout::Group& group = library.layout(0).groups[0];
  ASSERT_EQ(group.terms.size(), 2u);
  EXPECT_EQ(group.columns % 16, 0);
  for (int k = 0; k < 40; ++k) {
    EXPECT_EQ(row[group.a_offset + k * group.columns + 0], value(0, true, 0, k));
    EXPECT_EQ(row[group.a_offset + k * group.columns + 1], value(0, true, 1, k));
    EXPECT_EQ(row[group.a_offset + k * group.columns + 2], value(2, true, 0, k));
    for (int pad = 3; pad < group.columns; ++pad) EXPECT_EQ(row[group.a_offset + k * group.columns + pad], 0.0f);
  }
  for (int o = 0; o < 24; ++o) {
    EXPECT_EQ(row[group.terms[0].b_offset + 1 * 24 + o], 3.0f * value(0, false, o, 1));
    EXPECT_EQ(row[group.terms[1].b_offset + o], 0.5f * value(2, false, o, 0));
  }
}

}  // namespace
}  // namespace lorasweep
