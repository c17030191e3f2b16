// SPDX-License-Identifier: Apache-2.0
// Configurations of decoder-only models: both forms of config.json, and every value that would change the network.
#include "data/model/causal_config.h"

#include "data/core/file.h"
#include "data/core/json.h"
#include "data/model/generation_config.h"
#include "data/model/model_config.h"
#include "tests/data/core/documented_keys.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::IsEmpty;

const std::filesystem::path goldens = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal";

Json file_of(const std::string& name) {
  const auto path = goldens / name / "config.json";
  return parse_json(read_file(path, 1 << 20), path.string());
}

CausalConfig read(const Json& config, const char* generation = nullptr) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  if (generation != nullptr) folder.write("generation_config.json", generation);
  return read_causal_config(folder.path());
}
// The named shape's config.json with some keys changed; null takes a key out.
CausalConfig changed(const std::string& name, const Json& changes) {
  Json config = file_of(name);
  for (const auto& [key, value] : changes.items())
    if (value.is_null())
      config.erase(key);
    else
      config[key] = value;
  return read(config);
}

TEST(CausalConfig, OfTransformersFourAndFiveAreRead) {
  const CausalConfig four = read_causal_config(goldens / "qwen2/base");
  EXPECT_EQ(four.model_type, "qwen2");
  EXPECT_EQ(four.heads, 6);
  EXPECT_EQ(four.key_heads, 2);
  EXPECT_EQ(four.head_width, 16);
  EXPECT_EQ(four.rope.theta, 1e6);
  EXPECT_TRUE(four.tied_head);
  EXPECT_TRUE(four.input_bias);
  EXPECT_FALSE(four.output_bias);
  EXPECT_THAT(four.windows, IsEmpty());
  EXPECT_THAT(four.end_tokens, ElementsAre(1020));
  const CausalConfig five = read_causal_config(goldens / "shapes/llama3_scaled");
  EXPECT_EQ(five.rope.kind, RopeKind::llama3);
  EXPECT_EQ(five.rope.theta, 500000.0);
  EXPECT_EQ(five.rope.original_positions, 32);
  EXPECT_FALSE(five.tied_head);
  EXPECT_EQ(five.positions(), 96);
}

TEST(CausalConfig, SaysTheSameInBothForms) {
  const CausalConfig five = read_causal_config(goldens / "shapes/llama3_scaled");
  Json scaling = file_of("shapes/llama3_scaled")["rope_parameters"];
  scaling.erase("rope_theta");
  const CausalConfig four = changed("shapes/llama3_scaled", {{"rope_parameters", nullptr},
                                                             {"rope_theta", 500000.0},
                                                             {"rope_scaling", scaling},
                                                             {"dtype", nullptr},
                                                             {"torch_dtype", "bfloat16"}});
  EXPECT_EQ(to_json(four), to_json(five));
  scaling["type"] = scaling["rope_type"];  // as files of 4.40 have it
  scaling.erase("rope_type");
  EXPECT_EQ(to_json(changed("shapes/llama3_scaled",
                            {{"rope_parameters", nullptr}, {"rope_theta", 500000.0}, {"rope_scaling", scaling}})),
            to_json(five));
}

TEST(CausalConfig, HasTheFamiliesDefaultsWhereKeysAreMissing) {
  const CausalConfig llama = changed("shapes/llama_plain", {{"num_key_value_heads", nullptr},
                                                            {"head_dim", nullptr},
                                                            {"rope_parameters", nullptr},
                                                            {"tie_word_embeddings", nullptr}});
  EXPECT_EQ(llama.key_heads, 4);
  EXPECT_EQ(llama.head_width, 10);
  EXPECT_EQ(llama.rope.theta, 10000) << "Llama-2's files have no rope_theta";
  EXPECT_FALSE(llama.tied_head);
  EXPECT_EQ(changed("shapes/qwen3", {{"head_dim", nullptr}}).head_width, 128);
}

TEST(CausalConfig, KnowsWhatEachFamilyHasBiasesAndNormsOf) {
  const CausalConfig llama = read_causal_config(goldens / "shapes/llama_bias");
  EXPECT_TRUE(llama.input_bias && llama.output_bias && llama.ff_bias);
  EXPECT_FALSE(llama.head_norms);
  EXPECT_TRUE(read_causal_config(goldens / "shapes/qwen3").head_norms);
  EXPECT_THAT(refusal_of([] {
                changed("shapes/mistral_window", {{"attention_bias", true}});
              }),
              Refused(ExitCode::bad_input, "attention_bias", {"mistral"}));
  EXPECT_THAT(refusal_of([] {
                changed("shapes/qwen3", {{"mlp_bias", true}});
              }),
              Refused(ExitCode::bad_input, "mlp_bias", {"qwen3"}));
}

TEST(CausalConfig, HasWindowsWhereItsFamilyPutsThem) {
  EXPECT_THAT(read_causal_config(goldens / "shapes/mistral_window").windows, ElementsAre(7, 7, 7));
  EXPECT_THAT(changed("shapes/mistral_window", {{"sliding_window", 4096}}).windows, IsEmpty())
      << "no sequence is longer";
  Json none = file_of("shapes/mistral_window");
  none["sliding_window"] = nullptr;
  EXPECT_THAT(read(none).windows, IsEmpty());
  EXPECT_THAT(read_causal_config(goldens / "shapes/qwen2_window").windows, ElementsAre(0, 5, 5));
  EXPECT_THAT(changed("shapes/qwen2_window", {{"layer_types", nullptr}}).windows, ElementsAre(0, 5, 5))
      << "as transformers 4 writes it";
  EXPECT_THAT(changed("shapes/qwen2_window", {{"use_sliding_window", false}, {"layer_types", nullptr}}).windows,
              IsEmpty());
  EXPECT_THAT(
      changed("shapes/qwen2_window", {{"layer_types", {"sliding_attention", "full_attention", "sliding_attention"}}})
          .windows,
      ElementsAre(5, 0, 5));
  EXPECT_THAT(refusal_of([] {
                changed("shapes/llama_plain", {{"sliding_window", 5}});
              }),
              Refused(ExitCode::bad_input, "sliding_window", {"llama", "5"}));
  EXPECT_THAT(
      refusal_of([] {
        changed("shapes/llama_plain", {{"layer_types", {"sliding_attention", "full_attention", "full_attention"}}});
      }),
      Refused(ExitCode::bad_input, "layer_types", {"sliding_attention"}));
}

TEST(CausalConfig, HasTheEndTokensOfBothFiles) {
  const Json config = file_of("shapes/llama_plain");
  EXPECT_THAT(read(config, R"({"eos_token_id": [7, 2, 5]})").end_tokens, ElementsAre(2, 5, 7));
  EXPECT_THAT(changed("shapes/llama_plain", {{"eos_token_id", {9, 4}}}).end_tokens, ElementsAre(4, 9));
  EXPECT_THAT(refusal_of([] {
                changed("shapes/llama_plain", {{"eos_token_id", nullptr}});
              }),
              Refused(ExitCode::bad_input, "eos_token_id"));
  EXPECT_THAT(refusal_of([] {
                changed("shapes/llama_plain", {{"eos_token_id", 131}});
              }),
              Refused(ExitCode::bad_input, "eos_token_id", {"131", "130"}));
  EXPECT_THAT(refusal_of([&] { read(config, R"({"eos_token_id": 131})"); }),
              Refused(ExitCode::bad_input, "generation_config.json, key \"eos_token_id\"", {"131"}));
}

TEST(CausalConfig, TakesGenerationSettingsOfSamplingAndNoOthers) {
  const Json config = file_of("shapes/llama_plain");
  EXPECT_THAT(
      refusal_of([&] { read(config, R"({"eos_token_id": 2, "do_sample": true, "temperature": 0.6, "top_p": 0.9})"); }),
      Accepted());
  EXPECT_THAT(refusal_of([&] { read(config, R"({"eos_token_id": 2, "repetition_penalty": 1.05})"); }),
              Refused(ExitCode::bad_input, "repetition_penalty", {"1.05"}));
}

TEST(CausalConfig, RefusesWhatIsNotComputedNamingIt) {
  const std::vector<std::pair<const char*, Json>> refused = {
      {"hidden_act", "gelu"},
      {"quantization_config", {{"quant_method", "bitsandbytes"}}},
      {"auto_map", {{"AutoModelForCausalLM", "modeling.X"}}},
      {"partial_rotary_factor", 0.5},
      {"is_encoder_decoder", true},
      {"num_key_value_heads", 3},
      {"head_dim", 9},
      {"hidden_size", 0},
      {"a_key_of_tomorrow", 1},
  };
  for (const auto& [key, value] : refused)
    EXPECT_THAT(refusal_of([&] {
                  changed("shapes/llama_plain", {{key, value}});
                }),
                Refused(ExitCode::bad_input, key))
        << value;
}

TEST(CausalConfig, OfOtherFamiliesIsRefusedNamingTheType) {
  for (const char* name : {"phi3", "gemma", "gemma2", "gemma3", "phi2", "pythia", "gpt2"}) {
    const std::string type = file_of(std::string("refused/") + name)["model_type"];
    EXPECT_THAT(refusal_of([&] { read_model_config(goldens / "refused" / name); }),
                Refused(ExitCode::bad_input, "config.json, key \"model_type\"", {type}));
  }
}

TEST(CausalConfig, ComesBackFromWhatWasRecorded) {
  for (const char* name : {"llama3_scaled", "llama_one_key_head", "mistral_window", "qwen2_window", "qwen3"}) {
    const ModelConfig config = read_model_config(goldens / "shapes" / name);
    ASSERT_TRUE(std::holds_alternative<CausalConfig>(config));
    const Json json = to_json(config);
    EXPECT_EQ(to_json(model_config_from_json(json)), json) << name;
  }
}

TEST(CausalConfig, KeysAreAllDocumented) { expect_documented(causal_config_keys(), "model.md"); }

}  // namespace
}  // namespace lorasweep
