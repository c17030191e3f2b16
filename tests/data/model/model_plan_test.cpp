// SPDX-License-Identifier: Apache-2.0
// What is read off a plan, with one that no family has.
#include "data/model/model_plan.h"

#include "data/core/error.h"
#include "data/model/lora_sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using testing::ElementsAre;

// Tied embedding and head; a fused map, biases, a weight that lies transposed.
ModelPlan odd_plan() {
  ModelPlan plan;
  plan.tables = {{.place = {"", -1, "embedding"}, .tensor = {"wte", {"tied"}, {11, 4}}, .rows = 11, .cols = 4},
                 {.place = {"h", 0, "rotation"}, .tensor = {}, .rows = 1, .cols = 2}};
  plan.parts = {
      {.place = {"h", 0, "in"},
       .maps = {{.weight = "h.0.q.weight",
                 .in = 4,
                 .out = 6,
                 .bias = "h.0.q.bias",
                 .module = "h.0.q",
                 .default_target = true},
                {.weight = "h.0.kv.weight", .aliases = {"h.0.fused"}, .in = 4, .out = 5, .module = "h.0.kv"}}},
      {.place = {"h", 0, "fixed"}, .maps = {{.weight = "h.0.fixed.weight", .in = 4, .out = 4}}},
      {.place = {"h", 0, "out"},
       .maps = {{.weight = "h.0.c.weight",
                 .in = 6,
                 .out = 4,
                 .transposed = true,
                 .module = "h.0.c",
                 .default_target = true}}},
      {.place = {"", -1, "head"}, .maps = {{.weight = "wte", .in = 4, .out = 11}}}};
  return plan;
}

TEST(ModelPlan, ListsEveryTensorOnceWithItsNamesAndItsShapeOnDisk) {
  std::vector<std::string> names;
  const std::vector<StoredTensor> tensors = stored_tensors(odd_plan());
  for (const StoredTensor& tensor : tensors) names.push_back(tensor.name);
  EXPECT_THAT(names,
              ElementsAre("wte", "h.0.q.weight", "h.0.q.bias", "h.0.kv.weight", "h.0.fixed.weight", "h.0.c.weight"));
  EXPECT_THAT(tensors[0].aliases, ElementsAre("tied"));
  EXPECT_THAT(tensors[0].shape, ElementsAre(11, 4));
  EXPECT_THAT(tensors[1].shape, ElementsAre(6, 4));
  EXPECT_THAT(tensors[2].shape, ElementsAre(6));
  EXPECT_THAT(tensors[3].aliases, ElementsAre("h.0.fused"));
  EXPECT_THAT(tensors[5].shape, ElementsAre(6, 4));
}

TEST(ModelPlan, MayNotGiveATensorTwoShapes) {
  ModelPlan plan = odd_plan();
  plan.parts.back().maps.front().out = 12;
  EXPECT_THROW(stored_tensors(plan), InternalError);
}

TEST(ModelPlan, FindsPartsAndTablesByTheirPlace) {
  const ModelPlan plan = odd_plan();
  EXPECT_EQ(part_number(plan, {"h", 0, "out"}), 2);
  EXPECT_EQ(part_number(plan, {"", -1, "head"}), 3);
  EXPECT_EQ(table_number(plan, {"h", 0, "rotation"}), 1);
  EXPECT_THROW(part_number(plan, {"h", 1, "out"}), InternalError);
  EXPECT_THROW(table_number(plan, {"h", 0, "out"}), InternalError);
}

TEST(ModelPlan, HasItsSitesWhereAnAdapterMayChangeAMap) {
  const std::vector<LoraSite> sites = lora_sites(odd_plan());
  ASSERT_EQ(sites.size(), 3u);
  EXPECT_EQ(sites[0].module, "h.0.q");
  EXPECT_EQ(sites[1].module, "h.0.kv");
  EXPECT_EQ(sites[1].column, 6) << "beside q";
  EXPECT_EQ(sites[1].part, 0);
  EXPECT_EQ(sites[2].part, 2);
  EXPECT_EQ(sites[2].in, 6);
  EXPECT_EQ(sites[2].out, 4);
}

TEST(ModelPlan, NamesTheModulesThatPeftChangesByItself) {
  EXPECT_THAT(default_target_modules(odd_plan()), ElementsAre("c", "q"));
  EXPECT_THAT(
      default_target_modules(model_plan(T5Config{
          .d_model = 8, .d_kv = 3, .d_ff = 5, .heads = 2, .encoder_layers = 1, .decoder_layers = 1, .vocabulary = 9})),
      ElementsAre("q", "v"));
}

}  // namespace
}  // namespace lorasweep
