// SPDX-License-Identifier: Apache-2.0
// Weights in several files, and indexes that lie or point elsewhere.
#include "data/formats/sharded_weights.h"

#include "data/formats/safetensors_writer.h"
#include "tests/data/core/temporary_folder.h"
#include "tests/data/formats/built_bytes.h"
#include "tests/data/formats/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ShardedWeightFiles : public testing::Test {
 protected:
  ShardedWeightFiles() {
    write_safetensors(folder_.path() / "one", {{"a", {{1}, {1}}}, {"b", {{1}, {2}}}});
    write_safetensors(folder_.path() / "two", {{"c", {{1}, {3}}}});
  }
  std::string refusal(const std::string& index) const {
    return refusal_of([&] { ShardedWeights(folder_.write("index.json", index)); });
  }
  TemporaryFolder folder_;
};

TEST_F(ShardedWeightFiles, AreReadAsOne) {
  const ShardedWeights weights(folder_.write(
      "index.json", R"({"metadata": {"total_size": 12}, "weight_map": {"a": "one", "b": "one", "c": "two"}})"));
  EXPECT_EQ(weights.tensors().size(), 3u);
  EXPECT_THAT(weights.read("b").values, ElementsAre(2));
  EXPECT_THAT(weights.read("c").values, ElementsAre(3));
  EXPECT_THAT(weights.files(),
              ElementsAre(folder_.path() / "index.json", folder_.path() / "one", folder_.path() / "two"));
  EXPECT_THAT(refusal_of([&] { weights.read("d"); }), HasSubstr("has no tensor d"));
  EXPECT_THAT(refusal_of([&] { weights.read_integers("c"); }), HasSubstr("not 32- or 64-bit integers"));
}

TEST_F(ShardedWeightFiles, MayBeTorchArchives) {
  folder_.write("bin", zip_bytes({{.name = "x/data.pkl", .content = pickled::state_dict(pickled::tensor())},
                                  {.name = "x/data/0", .content = f32_bytes({0, 1, 2, 3, 4, 5})},
                                  {.name = "x/version", .content = "3\n"}}));
  const ShardedWeights weights(folder_.write("index.json", R"({"weight_map": {"w": "bin", "c": "two"}})"));
  EXPECT_THAT(weights.read("w").values, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(ShardedWeightFiles, AreRefusedWhereTheIndexPointsElsewhere) {
  for (const char* name : {"../one", "/etc/passwd", "x/one", "..", ".", "", "x\\\\one"})
    EXPECT_THAT(refusal(std::string(R"({"weight_map": {"a": ")") + name + "\"}}"),
                AllOf(HasSubstr("tensor a"), HasSubstr("not a plain file name")))
        << name;
}

TEST_F(ShardedWeightFiles, AreRefusedWhereATensorIsNotInItsShard) {
  EXPECT_THAT(refusal(R"({"weight_map": {"a": "one", "b": "one", "c": "two", "d": "two"}})"),
              AllOf(HasSubstr("two"), HasSubstr("has no tensor d")));
  EXPECT_THAT(refusal(R"({"weight_map": {"a": "one", "b": "two", "c": "two"}})"),
              HasSubstr("has the tensor b, which index.json does not place here"));
}

TEST_F(ShardedWeightFiles, AreRefusedWhereAShardHoldsMore) {
  EXPECT_THAT(refusal(R"({"weight_map": {"a": "one", "c": "two"}})"),
              HasSubstr("has the tensor b, which index.json does not place here"));
}

TEST_F(ShardedWeightFiles, AreRefusedWhereAShardIsMissing) {
  EXPECT_THAT(refusal(R"({"weight_map": {"a": "three"}})"), AllOf(HasSubstr("three"), HasSubstr("cannot be opened")));
}

TEST_F(ShardedWeightFiles, AreRefusedWithAnIndexOfAnotherForm) {
  for (const char* index : {"[]", "{}", R"({"weight_map": []})"})
    EXPECT_THAT(refusal(index), HasSubstr("weight_map")) << index;
  EXPECT_THAT(refusal(R"({"weight_map": {"a": 1}})"), HasSubstr("has no file name"));
  EXPECT_THAT(refusal(R"({"weight_map": {"a": "one", "a": "two"}})"), HasSubstr("appears twice"));
  EXPECT_THAT(refusal("not json"), HasSubstr("not valid JSON"));
}

}  // namespace
}  // namespace lorasweep
