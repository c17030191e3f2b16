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
  ASSERT_EQ(library.layout(0).groups[0].blocks.size(), 1u);
  const FactorLayout::Block& group = library.layout(0).groups[0].blocks[0];
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

TEST(AdapterLibrary, LaysWhatSharesANumberTogether) {
  const ModelPlan network = plan(FeedForward::relu);
  const auto sites = lora_sites(network);
  std::set<int> all;
  AdapterShape shape;
  for (int site = 0; site < static_cast<int>(sites.size()); ++site) {
    all.insert(site);
    shape.sites.push_back({site, 1 + site % 3, 1.0});
  }
  const Scope runs{.kind = Scope::Kind::groups, .groups = 2}, maps{.kind = Scope::Kind::maps};
  const AdapterLibrary whole(SiteGroups(network), {shape});
  for (const Scope& scope : {runs, maps}) {
    const ScopePlaces places = scope_places(network, scope, place_names(network, scope, all));
    const AdapterLibrary library(SiteGroups(network, places), {shape});
    const FactorLayout& layout = library.layout(0);
    ASSERT_EQ(layout.place_ends.size(), places.count());
    EXPECT_EQ(layout.place_ends.back(), layout.size);
    std::set<int> seen;
    for (std::size_t g = 0; g < layout.groups.size(); ++g)
      for (const FactorLayout::Block& block : layout.groups[g].blocks) {
        const Index begin = block.place == 0 ? 0 : layout.place_ends[block.place - 1],
                    end = layout.place_ends[block.place];
        EXPECT_GE(block.a_offset, begin);
        for (const FactorLayout::Term& term : block.terms) {
          const SiteGroup::Entry& entry = library.groups().all()[g].entries[term.entry];
          EXPECT_EQ(places.of(entry.site), block.place) << sites[entry.site].module;
          EXPECT_LE(term.b_offset + term.rank * entry.out, end);
          seen.insert(entry.site);
        }
      }
    EXPECT_EQ(seen, all);
    if (scope == runs) {
      EXPECT_EQ(layout.size, whole.layout(0).size) << "groups are not torn apart";
    }
  }
}

}  // namespace
}  // namespace lorasweep
