// SPDX-License-Identifier: Apache-2.0
// The family of a model, from its config.json and from what manifests recorded.
#include "data/model/model_config.h"

#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

const std::filesystem::path base = std::filesystem::path(LORASWEEP_DEMO_DIR) / "base";

// As manifests of 0.1.0 have it: these keys, in this order, and none that names a family.
const char* const recorded =
    R"({"d_model":96,"d_kv":16,"d_ff":192,"heads":4,"encoder_layers":3,"decoder_layers":2,"vocabulary":1312,)"
    R"("relative_buckets":32,"relative_max_distance":128,"norm_epsilon":1e-06,"gated":true,"tied_head":false,)"
    R"("decoder_start_token":0,"pad_token":0,"end_token":1})";

TEST(ModelConfig, IsReadAsItsModelTypeSays) {
  const ModelConfig config = read_model_config(base);
  ASSERT_TRUE(std::holds_alternative<T5Config>(config));
  EXPECT_EQ(std::get<T5Config>(config).decoder_layers, 2);
}

TEST(ModelConfig, OfAFamilyThatNobodyKnowsIsRefusedNamingTheKey) {
  for (const char* text : {R"({"model_type": "bert"})", R"({"model_type": 5})", R"({"d_model": 5})", "[]"}) {
    const TemporaryFolder folder;
    folder.write("config.json", text);
    EXPECT_THAT(refusal_of([&] { read_model_config(folder.path()); }),
                Refused(ExitCode::bad_input, "config.json, key \"model_type\"", {"t5"}))
        << text;
  }
}

TEST(ModelConfig, OfARelativeIsRefusedSayingWhatDiffers) {
  const TemporaryFolder folder;
  folder.write("config.json", R"({"model_type": "umt5"})");
  EXPECT_THAT(refusal_of([&] { read_model_config(folder.path()); }),
              Refused(ExitCode::bad_input, "config.json, key \"model_type\"", {"umt5", "position biases"}));
  folder.write("config.json", R"({"model_type": "longt5"})");
  EXPECT_THAT(refusal_of([&] { read_model_config(folder.path()); }),
              Refused(ExitCode::bad_input, "config.json, key \"model_type\"", {"longt5", "locally"}));
}

// transformers would load the base that the adapter names, and the adapter with it.
TEST(ModelConfig, BesideAnAdapterIsRefused) {
  const TemporaryFolder folder;
  std::filesystem::copy(base / "config.json", folder.path());
  EXPECT_THAT(refusal_of([&] { read_model_config(folder.path()); }), Accepted());
  folder.write("adapter_config.json", "{}");
  EXPECT_THAT(refusal_of([&] { read_model_config(folder.path()); }),
              Refused(ExitCode::bad_input, "adapter_config.json"));
}

TEST(ModelConfig, IsRecordedAsItWasBeforeThereWereFamilies) {
  EXPECT_EQ(to_json(read_model_config(base)).dump(), recorded);
}

TEST(ModelConfig, ComesBackFromWhatWasRecorded) {
  const Json json = Json::parse(recorded);
  EXPECT_EQ(to_json(model_config_from_json(json)), json);
  Json other = json;
  other["d_ff"] = 7;
  EXPECT_EQ(std::get<T5Config>(model_config_from_json(other)).d_ff, 7);
}

TEST(ModelConfig, RecordedOfAnotherFamilyIsRefused) {
  Json json = Json::parse(recorded);
  json["model_type"] = "of tomorrow";
  EXPECT_THAT(refusal_of([&] { model_config_from_json(json); }),
              Refused(ExitCode::bad_input, "model_type", {"of tomorrow"}));
  json["model_type"] = 3;
  EXPECT_THROW(model_config_from_json(json), Json::exception);
}

}  // namespace
}  // namespace lorasweep
