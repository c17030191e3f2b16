// SPDX-License-Identifier: Apache-2.0
#include "data/model/scope.h"

#include "data/core/error.h"
#include "data/model/lora_sites.h"

#include <gtest/gtest.h>

#include <map>

namespace lorasweep {
namespace {

ModelPlan t5(int encoder, int decoder) {
  return model_plan(T5Config{.d_model = 40,
                             .d_kv = 8,
                             .d_ff = 56,
                             .heads = 3,
                             .encoder_layers = encoder,
                             .decoder_layers = decoder,
                             .vocabulary = 10});
}
ModelPlan causal(int layers) {
  return model_plan(CausalConfig{.model_type = "llama",
                                 .d_model = 32,
                                 .d_ff = 64,
                                 .layers = layers,
                                 .heads = 4,
                                 .key_heads = 2,
                                 .head_width = 8,
                                 .vocabulary = 50,
                                 .max_positions = 64});
}
Scope runs(int count) { return {.kind = Scope::Kind::groups, .groups = count}; }
const Scope maps{.kind = Scope::Kind::maps};

std::set<int> all_sites(const ModelPlan& plan) {
  std::set<int> all;
  for (int site = 0; site < std::ssize(lora_sites(plan)); ++site) all.insert(site);
  return all;
}

TEST(Scope, IsReadAsItIsWritten) {
  for (const Scope& scope : {Scope{}, runs(1), runs(12), maps}) EXPECT_EQ(scope_named(name_of(scope)), scope);
  for (const char* text : {"", "Model", "groups", "groups:", "groups:0", "groups:-1", "groups:+2", "groups:02",
                           "groups:2 ", "groups:1001", "groups:2x", "maps:2"})
    EXPECT_EQ(scope_named(text), std::nullopt) << text;
}

TEST(Scope, OfOnePlaceIsTheWholeModel) {
  const ModelPlan plan = t5(2, 3);
  EXPECT_TRUE(place_names(plan, {}, all_sites(plan)).empty());
  EXPECT_TRUE(place_names(plan, runs(1), all_sites(plan)).empty());
  EXPECT_TRUE(place_names(plan, maps, {0}).empty()) << "adapters that change nothing but q";
  const ScopePlaces places = scope_places(plan, runs(1), {});
  EXPECT_EQ(places.count(), 1u);
  EXPECT_EQ(places.of(7), 0);
}

TEST(Scope, RunsOfLayersAreEqualInEveryStack) {
  const ModelPlan plan = t5(4, 6);
  const ScopePlaces places = scope_places(plan, runs(2), place_names(plan, runs(2), {}));
  EXPECT_EQ(places.names, (std::vector<std::string>{"1", "2"}));
  const auto sites = lora_sites(plan);
  std::map<std::pair<std::string, int>, int> sites_of;  // of a stack and a place
  for (int site = 0; site < std::ssize(sites); ++site) {
    const Place& at = plan.parts[sites[site].part].place;
    EXPECT_EQ(places.of(site), at.layer < (at.stack == "encoder" ? 2 : 3) ? 0 : 1) << sites[site].module;
    ++sites_of[{at.stack, places.of(site)}];
  }
  EXPECT_EQ((sites_of[{"encoder", 0}]), (sites_of[{"encoder", 1}]));
  EXPECT_EQ((sites_of[{"decoder", 0}]), (sites_of[{"decoder", 1}]));
}

TEST(Scope, RunsDifferByALayerAtMostWhereTheyCannotBeEqual) {
  const ModelPlan plan = t5(5, 7);
  const ScopePlaces places = scope_places(plan, runs(3), place_names(plan, runs(3), {}));
  std::map<std::pair<std::string, int>, std::set<int>> layers;
  const auto sites = lora_sites(plan);
  for (int site = 0; site < std::ssize(sites); ++site) {
    const Place& at = plan.parts[sites[site].part].place;
    layers[{at.stack, places.of(site)}].insert(at.layer);
  }
  for (const auto& [stack, total] : {std::pair<std::string, int>{"encoder", 5}, {"decoder", 7}})
    for (int place = 0; place < 3; ++place) {
      const auto count = static_cast<int>(layers[{stack, place}].size());
      EXPECT_TRUE(count == total / 3 || count == total / 3 + 1) << stack << " " << place << ": " << count;
    }
}

TEST(Scope, RefusesMoreRunsThanAStackHasLayersByItsName) {
  EXPECT_NO_THROW(place_names(t5(3, 5), runs(3), {}));
  try {
    place_names(t5(3, 5), runs(4), {});
    FAIL() << "four runs of three layers";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.where(), "search.scope");
    EXPECT_NE(error.problem().find("encoder"), std::string::npos) << error.problem();
  }
  EXPECT_THROW(place_names(causal(2), runs(3), {}), ConfigError);
}

TEST(Scope, MapsAreNamedAsPeftNamesThemWhereAnAdapterChangesThem) {
  const ModelPlan plan = t5(2, 2);
  const auto sites = lora_sites(plan);
  std::set<int> q_and_v;
  for (int site = 0; site < std::ssize(sites); ++site)
    if (sites[site].module.ends_with(".q") || sites[site].module.ends_with(".v")) q_and_v.insert(site);
  const std::vector<std::string> names = place_names(plan, maps, q_and_v);
  EXPECT_EQ(names, (std::vector<std::string>{"q", "v"}));
  const ScopePlaces places = scope_places(plan, maps, names);
  for (const int site : q_and_v) EXPECT_EQ(places.of(site), sites[site].module.ends_with(".q") ? 0 : 1);
  EXPECT_EQ(place_names(plan, maps, all_sites(plan)), (std::vector<std::string>{"q", "k", "v", "o", "wi", "wo"}));
  const ModelPlan other = causal(2);
  const std::vector<std::string> of_causal = place_names(other, maps, all_sites(other));
  EXPECT_EQ(std::vector<std::string>(of_causal.begin(), of_causal.begin() + 4),
            (std::vector<std::string>{"q_proj", "k_proj", "v_proj", "o_proj"}));
}

TEST(Scope, AHeadGoesWithTheLastRunOfLayers) {
  const ModelPlan plan = causal(4);
  const auto sites = lora_sites(plan);
  const ScopePlaces places = scope_places(plan, runs(2), place_names(plan, runs(2), {}));
  bool has_head = false;
  for (int site = 0; site < std::ssize(sites); ++site)
    if (sites[site].is_output_head) {
      has_head = true;
      EXPECT_EQ(places.of(site), 1);
    }
  EXPECT_TRUE(has_head);
}

}  // namespace
}  // namespace lorasweep
