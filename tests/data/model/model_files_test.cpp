// SPDX-License-Identifier: Apache-2.0
// config.json and generation_config.json: no key is passed over without a decision.
#include "data/core/error.h"
#include "data/model/generation_config.h"
#include "data/model/t5_config.h"
#include "tests/data/core/documented_keys.h"
#include "tests/data/model/small_model.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

// The place of what is refused: "<file>, key \"...\"" without the folder, or "".
std::string refused(const Json& config, const Json& generation = nullptr) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  if (!generation.is_null()) folder.write("generation_config.json", generation.dump());
  try {
    read_t5_config(folder.path());
  } catch (const InputError& error) {
    EXPECT_FALSE(error.remedy().empty());
    return error.where().substr(folder.path().string().size() + 1);
  }
  return "";
}

Json with(Json object, const std::string& key, const Json& value) {
  object[key] = value;
  return object;
}

const Json usual_generation = {{"decoder_start_token_id", 0}, {"eos_token_id", 1}, {"pad_token_id", 0}};

TEST(ModelFiles, OfOtherProgramsHaveNoKeyThatIsUnknown) {
  for (const Json& config : published("config.json")) {
    expect_known(config, {t5_config_keys(), generation_keys()});
    EXPECT_EQ(refused(config), "");
  }
  for (Json generation : published("generation_config.json")) {
    expect_known(generation, {generation_keys()});
    generation.update(usual_generation);
    EXPECT_EQ(refused(small_config(), generation), "");
  }
}

TEST(ModelFiles, AreDocumentedKeyByKey) {
  expect_documented(t5_config_keys(), "model.md");
  expect_documented(generation_keys(), "model.md");
}

TEST(ModelFiles, AreRefusedWhereConfigJsonChangesTheNetwork) {
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{
           {"is_gated_act", small_config().value("feed_forward_proj", "relu") == "relu"},
           {"is_encoder_decoder", false},
           {"is_decoder", true},
           {"hidden_size", 4096},
           {"head_dim", 4096},
           {"num_attention_heads", 4096},
           {"num_hidden_layers", 4096},
           {"tokenizer_class", "ByT5Tokenizer"},
           {"pruned_heads", {{"0", {1}}}},
           {"tie_encoder_decoder", true},
           {"add_cross_attention", true},
           {"quantization_config", {{"load_in_8bit", true}}},
           {"auto_map", {{"AutoModel", "modeling.Other"}}},
           {"per_layer_config", {{"0", {{"d_ff", 1}}}}},
           {"a_key_of_tomorrow", 1}})
    EXPECT_EQ(refused(with(small_config(), key, value)), std::string("config.json, key \"") + key + "\"");
}

TEST(ModelFiles, MayNameASizeTwiceIfItIsTheSame) {
  const Json config = small_config();
  EXPECT_EQ(refused(with(config, "hidden_size", config["d_model"])), "");
  EXPECT_EQ(refused(with(config, "num_hidden_layers", config["num_layers"])), "");
}

// transformers 4 takes such settings from either file.
TEST(ModelFiles, AreRefusedWhereAnswersWouldNotBeGreedy) {
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, Json>>{{"num_beams", 4},
                                                 {"num_beam_groups", 2},
                                                 {"do_sample", true},
                                                 {"penalty_alpha", 0.6},
                                                 {"num_return_sequences", 2},
                                                 {"min_length", 30},
                                                 {"min_new_tokens", 2},
                                                 {"repetition_penalty", 1.2},
                                                 {"encoder_repetition_penalty", 1.2},
                                                 {"no_repeat_ngram_size", 3},
                                                 {"encoder_no_repeat_ngram_size", 3},
                                                 {"guidance_scale", 1.5},
                                                 {"bad_words_ids", {{5}}},
                                                 {"force_words_ids", {{5}}},
                                                 {"constraints", {1}},
                                                 {"forced_bos_token_id", 3},
                                                 {"forced_eos_token_id", 1},
                                                 {"forced_decoder_ids", {{1, 3}}},
                                                 {"suppress_tokens", {3}},
                                                 {"begin_suppress_tokens", {3}},
                                                 {"sequence_bias", {{{3}, 1.0}}},
                                                 {"exponential_decay_length_penalty", {5, 1.1}},
                                                 {"stop_strings", {"."}},
                                                 {"max_time", 1.5},
                                                 {"dola_layers", "high"},
                                                 {"prompt_lookup_num_tokens", 3},
                                                 {"token_healing", true},
                                                 {"watermarking_config", {{"bias", 2.5}}},
                                                 {"cache_implementation", "quantized"},
                                                 {"a_key_of_tomorrow", 1}}) {
    EXPECT_EQ(refused(small_config(), with(usual_generation, key, value)),
              std::string("generation_config.json, key \"") + key + "\"");
    EXPECT_EQ(refused(with(small_config(), key, value)), std::string("config.json, key \"") + key + "\"");
  }
}

TEST(ModelFiles, MaySayHowToSampleWithoutSampling) {
  Json generation = usual_generation;
  generation.update({{"do_sample", false}, {"temperature", 0.6}, {"top_p", 0.9}, {"max_length", 20}, {"num_beams", 1}});
  EXPECT_EQ(refused(small_config(), generation), "");
}

TEST(ModelFiles, AreRefusedWhereTheTwoNameOtherTokens) {
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{{"eos_token_id", 2},
                                                                            {"eos_token_id", {1, 2}},
                                                                            {"eos_token_id", nullptr},
                                                                            {"pad_token_id", 1},
                                                                            {"decoder_start_token_id", 1}})
    EXPECT_EQ(refused(small_config(), with(usual_generation, key, value)),
              std::string("generation_config.json, key \"") + key + "\"");
  EXPECT_EQ(refused(small_config(), with(usual_generation, "eos_token_id", Json::array({1}))), "");
  EXPECT_EQ(refused(small_config(), {{"eos_token_id", 1}, {"bos_token_id", 2}}),
            "generation_config.json, key \"bos_token_id\"");
  EXPECT_EQ(refused(small_config(), with(usual_generation, "bos_token_id", 2)), "");
}

TEST(ModelFiles, AreRefusedWhereGenerationConfigIsNone) {
  EXPECT_EQ(refused(small_config(), Json::array()), "generation_config.json");
  const TemporaryFolder folder;
  folder.write("config.json", small_config().dump());
  std::filesystem::create_symlink("gone", folder.path() / "generation_config.json");
  EXPECT_THROW(read_t5_config(folder.path()), InputError);
}

}  // namespace
}  // namespace lorasweep
