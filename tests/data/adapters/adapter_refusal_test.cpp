// SPDX-License-Identifier: Apache-2.0
// Adapters that would load and be wrong are refused, with file and tensor.
#include "tests/data/adapters/edited_adapter.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lorasweep {
namespace {

const std::string module = "encoder.block.0.layer.0.SelfAttention.q", stem = "base_model.model." + module,
                  key_a = stem + ".lora_A.weight", key_b = stem + ".lora_B.weight";

Refusal refusal_of_opening(const EditedAdapter& edited) {
  return refusal_of([&] { edited.open(); });
}

TEST(AdapterRefusal, OfTensorsThatNobodyConsumes) {
  for (const std::string& key : {stem + ".base_layer.weight", std::string("module.") + key_a,
                                 stem + ".lora_A.a.b.weight", stem + ".lora_A..weight", stem + ".lora_AB.weight",
                                 std::string("weight"), std::string("base_model.model..weight")}) {
    EditedAdapter edited;
    edited.tensors[key] = {{2}, {1, 2}};
    EXPECT_THAT(refusal_of_opening(edited),
                Refused(ExitCode::bad_input, "adapter_model.safetensors, tensor " + key, {"LoRA factor"}));
  }
}

TEST(AdapterRefusal, OfPartsThatTheBaseDoesNotHave) {
  for (const std::string& part : {std::string("encoder.block.3.layer.0.SelfAttention.q"), std::string("lm_head"),
                                  std::string("shared"), std::string("encoder.block.00.layer.0.SelfAttention.q")}) {
    EditedAdapter edited;
    edited.tensors["base_model.model." + part + ".lora_A.weight"] = edited.tensors[key_a];
    EXPECT_THAT(refusal_of_opening(edited),
                Refused(ExitCode::bad_input, "adapter_model.safetensors, tensor", {part, "linear map"}));
  }
}

TEST(AdapterRefusal, OfPartsThatAreNotTargeted) {
  EditedAdapter edited;
  edited.config["target_modules"] = {"v"};
  EXPECT_THAT(refusal_of_opening(edited), Refused(ExitCode::bad_input, "SelfAttention.q.lora_", {"target_modules"}));
}

TEST(AdapterRefusal, OfAMissingFactor) {
  for (const std::string& key : {key_a, key_b}) {
    EditedAdapter edited;
    edited.tensors.erase(key);
    EXPECT_THAT(refusal_of_opening(edited),
                Refused(ExitCode::bad_input, "adapter_model.safetensors", {"only one", module}));
  }
}

TEST(AdapterRefusal, OfAMissingTarget) {
  EditedAdapter edited;
  edited.tensors.erase(key_a);
  edited.tensors.erase(key_b);
  EXPECT_THAT(refusal_of_opening(edited),
              Refused(ExitCode::bad_input, "adapter_model.safetensors", {"no factors", module, "target_modules"}));
  edited.config["target_modules"] = "all-linear";
  EXPECT_THAT(refusal_of_opening(edited),
              Refused(ExitCode::bad_input, "adapter_model.safetensors", {"no factors", module, "target_modules"}));
}

TEST(AdapterRefusal, OfNoFactorsAtAll) {
  EditedAdapter edited;
  edited.tensors.clear();
  EXPECT_THAT(refusal_of_opening(edited), Refused(ExitCode::bad_input));
}

TEST(AdapterRefusal, OfTwoAdaptersInOneFile) {
  EditedAdapter twice;
  twice.tensors[stem + ".lora_A.default.weight"] = twice.tensors[key_a];
  EXPECT_THAT(refusal_of_opening(twice), Refused(ExitCode::bad_input, "tensor base_model.model", {"second adapter"}));
  EditedAdapter mixed;
  mixed.rename_tensor(key_a, stem + ".lora_A.other.weight");
  mixed.rename_tensor(key_b, stem + ".lora_B.other.weight");
  EXPECT_THAT(refusal_of_opening(mixed), Refused(ExitCode::bad_input, "tensor base_model.model", {"second adapter"}));
}

TEST(AdapterRefusal, OfShapesThatFitNeitherRankNorBase) {
  for (const std::string& key : {key_a, key_b})
    for (const std::vector<std::int64_t>& shape :
         {std::vector<std::int64_t>{9, 96}, {8, 95}, {96, 8}, {64, 9}, {768}, {}, {8, 96, 1}}) {
      EditedAdapter edited;
      edited.tensors[key] = {shape, std::vector<float>(element_count(shape))};
      EXPECT_THAT(refusal_of_opening(edited), Refused(ExitCode::bad_input, "tensor " + key, {describe_shape(shape)}));
    }
}

TEST(AdapterRefusal, OfARankThatIsNotThatOfTheTensors) {
  EditedAdapter edited;
  edited.config["r"] = 4;
  EXPECT_THAT(refusal_of_opening(edited),
              Refused(ExitCode::bad_input, "adapter_model.safetensors, tensor", {"[8, 96]", "[4, 96]"}));
}

TEST(AdapterRefusal, OfNaNAndInfinityWhenTheyAreRead) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    EditedAdapter edited;
    edited.tensors[key_b].values[5] = bad;
    const Adapter adapter = edited.open();
    EXPECT_THAT(refusal_of([&] { adapter.read_b(adapter.sites().front()); }),
                Refused(ExitCode::bad_input, "tensor " + key_b, {"NaN"}));
    EXPECT_THAT(refusal_of([&] { adapter.digest(); }), Refused(ExitCode::bad_input));
  }
}

TEST(AdapterRefusal, OfWhatItsConfigurationSays) {
  EditedAdapter edited;
  edited.config["use_dora"] = true;
  EXPECT_THAT(refusal_of_opening(edited), Refused(ExitCode::bad_input, "adapter_config.json, key \"use_dora\""));
}

TEST(AdapterRefusal, OfDirectoriesWithoutWeightsOrConfiguration) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal_of([&] { Adapter(folder.path(), demo_base()); }),
              Refused(ExitCode::bad_input, "adapter_config.json"));
  std::filesystem::copy_file(demo_dir / "adapters" / "tiny_flan-copy_v1" / "adapter_config.json",
                             folder.path() / "adapter_config.json");
  EXPECT_THAT(refusal_of([&] { Adapter(folder.path(), demo_base()); }),
              Refused(ExitCode::bad_input, "", {"adapter_model.safetensors"}));
}

}  // namespace
}  // namespace lorasweep
