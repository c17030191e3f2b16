// SPDX-License-Identifier: Apache-2.0
// What a plan asks for lies in the image as the plan says, whichever way it lies on disk.
#include "workers/network/model_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

namespace lorasweep {
namespace {

using testing::ElementsAre;

// Keeps weights as they are, so that a test can read them.
class PlainPacking final : public Packing {
 public:
  std::size_t packed_bytes(Index in, Index out) const override { return static_cast<std::size_t>(in * out) * 4; }
  void pack(std::byte* packed, const float* weight, Index in, Index out) const override {
    std::memcpy(packed, weight, packed_bytes(in, out));
  }
};

std::vector<float> values(const std::byte* from, std::size_t count) {
  std::vector<float> copy(count);
  std::memcpy(copy.data(), from, count * sizeof(float));
  return copy;
}

class Image : public testing::Test {
 protected:
  Image() {
    plan.tables = {{.place = {"", -1, "gain"}, .tensor = {"gain", {}, {3}}, .rows = 1, .cols = 3, .factor = 0.5},
                   {.place = {"", -1, "computed"},
                    .tensor = {},
                    .rows = 2,
                    .cols = 1,
                    .prepare =
                        [](const Tensor&) {
                          return std::vector<float>{7, 8};
                        }},
                   {.place = {"", -1, "prepared"},
                    .tensor = {"gain", {}, {3}},
                    .rows = 1,
                    .cols = 1,
                    .prepare = [](const Tensor& t) { return std::vector<float>{t.values[0] + t.values[2]}; }}};
    plan.parts = {
        {.place = {"", -1, "stacked"},
         .maps = {{.weight = "a", .in = 2, .out = 1},
                  {.weight = "b", .in = 2, .out = 2, .transposed = true, .bias = "b.bias"}}},
        {.place = {"", -1, "heads"}, .form = PartForm::heads, .heads = 2, .maps = {{.weight = "h", .in = 3, .out = 4}}},
        {.place = {"", -1, "turned"},
         .form = PartForm::heads_transposed,
         .heads = 2,
         .maps = {{.weight = "h", .in = 3, .out = 4}}}};
  }

  Tensor read(const std::string& name) {
    const std::lock_guard lock(guard);
    ++reads[name];
    return tensors.at(name);
  }
  BoundModel written() {
    const ModelImage image(plan, packing);
    bytes.assign(image.bytes(), std::byte{0});
    image.write(bytes.data(), packing, [this](const std::string& name) { return read(name); });
    return image.bind(bytes.data());
  }

  ModelPlan plan;
  PlainPacking packing;
  std::mutex guard;  ///< tensors are asked for from several threads
  std::map<std::string, Tensor> tensors = {{"gain", {{3}, {2, 4, 6}}},
                                           {"a", {{1, 2}, {1, 2}}},
                                           {"b", {{2, 2}, {3, 5, 4, 6}}},  // [in, out]
                                           {"b.bias", {{2}, {10, 20}}},
                                           {"h", {{4, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}}};
  std::map<std::string, int> reads;
  std::vector<std::byte> bytes;
};

TEST_F(Image, HoldsTablesAsTheNetworkWantsThem) {
  const BoundModel model = written();
  ASSERT_EQ(model.tables.size(), 3u);
  EXPECT_THAT(values(static_cast<std::byte*>(model.tables[0].data), 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(values(static_cast<std::byte*>(model.tables[1].data), 2), ElementsAre(7, 8));
  EXPECT_THAT(values(static_cast<std::byte*>(model.tables[2].data), 1), ElementsAre(8));
  EXPECT_EQ(model.tables[1].rows, 2);
  EXPECT_EQ(model.tables[1].cols, 1);
}

TEST_F(Image, StacksTheOutputsOfMapsThatShareTheirInputAndTheirBiasesWithZerosForNone) {
  const BoundPart part = written().parts[0];
  EXPECT_EQ(part.number, 0);
  ASSERT_EQ(part.maps.size(), 1u);
  EXPECT_EQ(part.maps[0].in, 2);
  EXPECT_EQ(part.maps[0].out, 3);
  EXPECT_THAT(values(part.maps[0].packed, 6), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(values(static_cast<std::byte*>(part.bias.data), 3), ElementsAre(0, 10, 20));
}

TEST_F(Image, HoldsAMapHeadByHeadOnEitherSide) {
  const BoundModel model = written();
  const std::vector<Projection>&heads = model.parts[1].maps, &turned = model.parts[2].maps;
  ASSERT_EQ(heads.size(), 2u);
  ASSERT_EQ(turned.size(), 2u);
  EXPECT_EQ(heads[1].in, 3);
  EXPECT_EQ(heads[1].out, 2);
  EXPECT_THAT(values(heads[1].packed, 6), ElementsAre(7, 8, 9, 10, 11, 12));
  EXPECT_EQ(turned[1].in, 2);
  EXPECT_EQ(turned[1].out, 3);
  EXPECT_THAT(values(turned[1].packed, 6), ElementsAre(7, 10, 8, 11, 9, 12));
  EXPECT_EQ(model.parts[1].bias.data, nullptr);
}

TEST_F(Image, GivesEverythingAPlaceOfItsOwnAlignedForVectors) {
  const BoundModel model = written();
  std::set<const std::byte*> places;
  for (const View& table : model.tables) places.insert(static_cast<std::byte*>(table.data));
  for (const BoundPart& part : model.parts)
    for (const Projection& map : part.maps) places.insert(map.packed);
  EXPECT_EQ(places.size(), 3u + 1 + 2 + 2);
  for (const std::byte* place : places) EXPECT_EQ((place - bytes.data()) % 64, 0);
  EXPECT_EQ(bytes.size(), 64u * (3 + 1 + 1 + 2 + 2)) << "and one for the bias";
}

TEST_F(Image, AsksForEachTensorOfAPlaceOnce) {
  written();
  EXPECT_EQ(reads.at("a"), 1);
  EXPECT_EQ(reads.at("b"), 1);
  EXPECT_EQ(reads.at("h"), 2) << "two places";
}

TEST_F(Image, DoesNotTakeHeadsThatDoNotDivideTheOutputs) {
  plan.parts[1].heads = 3;
  EXPECT_THROW(ModelImage(plan, packing), std::logic_error);
}

}  // namespace
}  // namespace lorasweep
