// SPDX-License-Identifier: Apache-2.0
// adapter_config.json key by key: honoured, ignored, refused.
#include "data/adapters/peft_config.h"

#include "data/core/json.h"
#include "tests/data/core/documented_keys.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using Json = nlohmann::ordered_json;

const std::string q = "encoder.block.0.layer.0.SelfAttention.q", cross_q = "decoder.block.1.layer.1.EncDecAttention.q",
                  wo = "encoder.block.0.layer.1.DenseReluDense.wo";

PeftConfig read_text(const std::string& text) {
  const TemporaryFolder folder;
  folder.write("adapter_config.json", text);
  return read_peft_config(folder.path(), {"q", "v"});
}
// A plain configuration with some keys changed.
PeftConfig read(const Json& changes) {
  Json config = {{"peft_type", "LORA"}, {"r", 8}, {"lora_alpha", 16}, {"target_modules", {"q", "v"}}};
  for (const auto& [key, value] : changes.items()) config[key] = value;
  return read_text(config.dump());
}

TEST(PeftConfig, ScalesByAlphaOverRank) {
  const PeftConfig config = read({{"base_model_name_or_path", "google/flan-t5-large"}});
  EXPECT_EQ(config.rank_of(q), 8);
  EXPECT_EQ(config.scaling_of(q), 2);
  EXPECT_EQ(config.base_model_name, "google/flan-t5-large");
  EXPECT_THAT(config.target_modules, ElementsAre("q", "v"));
}

TEST(PeftConfig, ScalesByTheRootOfTheRankUnderRsLora) {
  EXPECT_EQ(read({{"use_rslora", true}}).scaling_of(q), 16 / std::sqrt(8.0));
}

TEST(PeftConfig, TakesRankAndAlphaOfModulesFromPatterns) {
  const PeftConfig config =
      read({{"rank_pattern", {{"wo", 4}}}, {"alpha_pattern", {{"DenseReluDense.wo", 2}, {"EncDecAttention.q", 1}}}});
  EXPECT_EQ(config.rank_of(wo), 4);
  EXPECT_EQ(config.scaling_of(wo), 0.5);
  EXPECT_EQ(config.rank_of(cross_q), 8);
  EXPECT_EQ(config.scaling_of(cross_q), 0.125);
  EXPECT_EQ(config.scaling_of(q), 2);
  EXPECT_EQ(read({{"rank_pattern", {{"o", 4}}}}).rank_of(wo), 8);  // "o" is not the end of a component
}

TEST(PeftConfig, TakesTheFirstPatternThatFits) {
  EXPECT_EQ(read({{"rank_pattern", {{"q", 2}, {"SelfAttention.q", 4}}}}).rank_of(q), 2);
  EXPECT_EQ(read({{"rank_pattern", {{"SelfAttention.q", 4}, {"q", 2}}}}).rank_of(q), 4);
}

TEST(PeftConfig, TakesAPatternFromTheStartAsTheWholePath) {
  const PeftConfig config = read({{"rank_pattern", {{"^" + q, 2}, {"^q", 4}}}});
  EXPECT_EQ(config.rank_of(q), 2);
  EXPECT_EQ(config.rank_of(cross_q), 8);
}

TEST(PeftConfig, KnowsItsTargets) {
  const PeftConfig listed = read({{"target_modules", {"SelfAttention.q", "wo"}}});
  EXPECT_TRUE(listed.targets(q));
  EXPECT_TRUE(listed.targets(wo));
  EXPECT_FALSE(listed.targets(cross_q));
  EXPECT_EQ(listed.targets_by, PeftConfig::Targets::names);
  const PeftConfig absent = read({{"target_modules", nullptr}});
  EXPECT_THAT(absent.target_modules, ElementsAre("q", "v"));
  EXPECT_EQ(read({{"target_modules", "all-linear"}}).targets_by, PeftConfig::Targets::all);
  EXPECT_EQ(read({{"target_modules", ".*decoder.*(q|v)"}}).targets_by, PeftConfig::Targets::rule);
  EXPECT_EQ(read({{"layers_to_transform", {0, 1}}}).targets_by, PeftConfig::Targets::rule);
  EXPECT_EQ(read({{"exclude_modules", "q"}}).targets_by, PeftConfig::Targets::rule);
  EXPECT_EQ(read({{"layers_to_transform", nullptr}}).targets_by, PeftConfig::Targets::names);
}

TEST(PeftConfig, AcceptsWhatDoesNotChangeTheResult) {
  for (const Json& harmless : std::vector<Json>{{{"lora_dropout", 0.1}},
                                                {{"task_type", "SEQ_2_SEQ_LM"}},
                                                {{"inference_mode", false}},
                                                {{"megatron_core", "megatron.core"}},
                                                {{"runtime_config", {{"ephemeral_gpu_offload", true}}}},
                                                {{"auto_mapping", {{"parent_library", "x"}}}},
                                                {{"fan_in_fan_out", true}},
                                                {{"init_lora_weights", "gaussian"}},
                                                {{"init_lora_weights", false}},
                                                {{"bias", "none"}},
                                                {{"use_dora", false}},
                                                {{"modules_to_save", Json::array()}},
                                                {{"loftq_config", Json::object()}},
                                                {{"layer_replication", nullptr}},
                                                {{"merge_weights", true}, {"enable_lora", nullptr}},
                                                {{"a_key_of_tomorrow", nullptr}}})
    EXPECT_EQ(read(harmless).scaling_of(q), 2) << harmless;
}

TEST(PeftConfig, NamesTheMethodThatIsNotLora) {
  for (const char* method : {"IA3", "ADALORA", "PREFIX_TUNING", "LOHA", "VERA"})
    EXPECT_THAT(refusal_of([&] {
                  read({{"peft_type", method}});
                }),
                Refused(ExitCode::bad_input, "adapter_config.json, key \"peft_type\"", {method, "LoRA"}));
  EXPECT_THAT(
      refusal_of([&] { read_text(R"({"architecture": "lora", "config": {"r": 8, "alpha": 16}, "hidden_size": 96})"); }),
      Refused(ExitCode::bad_input, "adapter_config.json, key \"architecture\"", {"AdapterHub"}));
}

TEST(PeftConfig, RefusesWhatWouldBeSilentlyWrongNamingFileAndKey) {
  const std::vector<std::pair<const char*, Json>> refused = {
      {"peft_type", "IA3"},
      {"peft_type", nullptr},
      {"use_dora", true},
      {"bias", "all"},
      {"bias", "lora_only"},
      {"lora_bias", true},
      {"modules_to_save", {"lm_head"}},
      {"layer_replication", {{0, 4}}},
      {"trainable_token_indices", {1, 2}},
      {"target_parameters", {"x"}},
      {"kasa_config", {{"rank", 1}}},
      {"use_bdlora", true},
      {"use_qalora", true},
      {"arrow_config", {{"top_k", 3}}},
      {"alora_invocation_tokens", {5}},
      {"monteclora_config", {{"x", 1}}},
      {"loftq_config", {{"loftq_bits", 4}}},
      {"init_lora_weights", "pissa"},
      {"init_lora_weights", "pissa_niter_16"},
      {"init_lora_weights", "olora"},
      {"init_lora_weights", "loftq"},
      {"init_lora_weights", "corda"},
      {"init_lora_weights", "of_tomorrow"},
      {"init_lora_weights", 1},
      {"a_key_of_tomorrow", 1},
      {"r", nullptr},
      {"r", 0},
      {"r", -8},
      {"r", 8.0},
      {"r", "8"},
      {"r", 1 << 20},
      {"r", 18446744073709551615u},
      {"lora_alpha", nullptr},
      {"lora_alpha", "16"},
      {"lora_alpha", 1e300},
      {"use_rslora", 1},
      {"fan_in_fan_out", "no"},
      {"target_modules", 3},
      {"target_modules", {{"q", 1}}},
      {"target_modules", {"q", 1}},
      {"rank_pattern", {1, 2}},
      {"rank_pattern", {{".*q$", 4}}},
      {"rank_pattern", {{"(a|a)*q", 4}}},
      {"rank_pattern", {{"", 4}}},
      {"rank_pattern", {{"^", 4}}},
  };
  for (const auto& [key, value] : refused) {
    const Json changes = {{key, value}};
    EXPECT_THAT(refusal_of([&] { read(changes); }),
                Refused(ExitCode::bad_input, std::string("adapter_config.json, key \"") + key + "\""))
        << value;
  }
}

// Every field of PEFT's LoraConfig in its versions, and the published adapters' keys.
TEST(PeftConfig, HasNoKeyOfOtherProgramsThatIsUnknown) {
  for (const Json& config : published("adapter_config.json")) {
    expect_known(config, {peft_keys()});
    EXPECT_GT(read_text(config.dump()).scaling_of(q), 0);
  }
}

TEST(PeftConfig, IsDocumentedKeyByKey) { expect_documented(peft_keys(), "adapters.md"); }

TEST(PeftConfig, NamesThePlaceWithinAPattern) {
  EXPECT_THAT(refusal_of([] {
                read({{"rank_pattern", {{"q", 0}}}});
              }),
              Refused(ExitCode::bad_input, "key \"rank_pattern.q\""));
  EXPECT_THAT(refusal_of([] {
                read({{"alpha_pattern", {{"q", "x"}}}});
              }),
              Refused(ExitCode::bad_input, "key \"alpha_pattern.q\""));
}

TEST(PeftConfig, RefusesWhatIsNoTable) {
  EXPECT_THAT(refusal_of([] { read_text("[]"); }),
              Refused(ExitCode::bad_input, "adapter_config.json", {"JSON object"}));
  EXPECT_THAT(refusal_of([] { read_text("{"); }), Refused(ExitCode::bad_input, "adapter_config.json"));
  EXPECT_THAT(refusal_of([] { read_text(R"({"peft_type": "LORA", "r": 8, "r": 4, "lora_alpha": 16})"); }),
              Refused(ExitCode::bad_input));
}

}  // namespace
}  // namespace lorasweep
