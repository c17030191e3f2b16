// SPDX-License-Identifier: Apache-2.0
// config.json: the values that count, the defaults of transformers, and what is refused.
#include "data/model/t5_config.h"

#include "tests/data/model/small_model.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

T5Config read(const Json& config) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  return read_t5_config(folder.path());
}

TEST(T5Config, ReadsFlanT5) {
  const T5Config config = read_t5_config(std::filesystem::path(LORASWEEP_DEMO_DIR) / "base");
  EXPECT_EQ(config.d_model, 96);
  EXPECT_EQ(config.d_kv, 16);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.inner(), 64);
  EXPECT_EQ(config.d_ff, 192);
  EXPECT_EQ(config.encoder_layers, 3);
  EXPECT_EQ(config.decoder_layers, 2);
  EXPECT_EQ(config.vocabulary, 1312);
  EXPECT_EQ(config.relative_buckets, 32);
  EXPECT_EQ(config.relative_max_distance, 128);
  EXPECT_EQ(config.norm_epsilon, 1e-6);
  EXPECT_EQ(config.feed_forward, FeedForward::gated_gelu);
  EXPECT_FALSE(config.tied_head);
  EXPECT_EQ(config.decoder_start_token, 0);
  EXPECT_EQ(config.pad_token, 0);
  EXPECT_EQ(config.end_token, 1);
}

TEST(T5Config, ReadsTheFirstT5) {
  const T5Config config = read_t5_config(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "shapes" / "v1_0");
  EXPECT_EQ(config.feed_forward, FeedForward::relu);
  EXPECT_TRUE(config.tied_head);
  EXPECT_EQ(config.relative_buckets, 16);
  EXPECT_EQ(config.relative_max_distance, 20);
}

TEST(T5Config, TakesTheDefaultsOfTransformersForWhatIsNotThere) {
  const T5Config config = read({{"model_type", "t5"},
                                {"d_model", 6},
                                {"d_kv", 4},
                                {"d_ff", 10},
                                {"num_heads", 2},
                                {"num_layers", 5},
                                {"vocab_size", 7}});
  EXPECT_EQ(config.decoder_layers, 5);
  EXPECT_EQ(config.feed_forward, FeedForward::relu);
  EXPECT_TRUE(config.tied_head);
  EXPECT_EQ(config.relative_buckets, 32);
  EXPECT_EQ(config.relative_max_distance, 128);
  EXPECT_EQ(config.norm_epsilon, 1e-6);
  EXPECT_EQ(config.end_token, 1);
}

TEST(T5Config, StartsTheDecoderWithPadWhereNothingElseIsSaid) {
  Json config = small_config();
  config["pad_token_id"] = 3;
  EXPECT_EQ(read(config).decoder_start_token, 3);
  config["decoder_start_token_id"] = 2;
  EXPECT_EQ(read(config).decoder_start_token, 2);
}

TEST(T5Config, BelievesScaleDecoderOutputsWhereItIsThere) {
  Json config = small_config();
  config["tie_word_embeddings"] = true;
  EXPECT_TRUE(read(config).tied_head);
  EXPECT_FALSE(read(config).head_unscaled);
  config["scale_decoder_outputs"] = false;
  EXPECT_FALSE(read(config).tied_head) << "weights that are not there are reported where they are read";
}

TEST(T5Config, FindsInTheWeightsWhetherAModelOfTransformers5HasAHeadOfItsOwn) {
  SmallModel model;
  model.config["tie_word_embeddings"] = true;
  model.config["scale_decoder_outputs"] = false;
  model.open();
  EXPECT_FALSE(read_t5_config(model.directory()).tied_head);
  model.tensors.erase("lm_head.weight");
  model.open();
  const T5Config tied = read_t5_config(model.directory());
  EXPECT_TRUE(tied.tied_head);
  EXPECT_TRUE(tied.head_unscaled);
  const Json recorded = to_json(tied);
  EXPECT_EQ(recorded["head_unscaled"], true);
  EXPECT_EQ(to_json(t5_config_from_json(recorded)), recorded);
}

TEST(T5Config, ReadsUL2AndMT5) {
  const std::filesystem::path shapes = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "shapes";
  const T5Config ul2 = read_t5_config(shapes / "silu");
  EXPECT_EQ(ul2.feed_forward, FeedForward::gated_silu);
  EXPECT_EQ(to_json(t5_config_from_json(to_json(ul2))), to_json(ul2));
  EXPECT_EQ(to_json(ul2)["activation"], "silu");
  const T5Config mt5 = read_t5_config(shapes / "mt5");
  EXPECT_EQ(mt5.feed_forward, FeedForward::gated_gelu);
  EXPECT_FALSE(mt5.tied_head);
  EXPECT_EQ(mt5.vocabulary, 53);
  EXPECT_FALSE(to_json(mt5).contains("activation"));
  EXPECT_FALSE(to_json(mt5).contains("head_unscaled"));
}

TEST(T5Config, TakesTheDefaultsOfMT5ForAnMT5) {
  Json config = small_config();
  config["model_type"] = "mt5";
  config.erase("feed_forward_proj");
  config.erase("tie_word_embeddings");
  EXPECT_EQ(read(config).feed_forward, FeedForward::gated_gelu);
  EXPECT_FALSE(read(config).tied_head);
}

TEST(T5Config, RefusesAnMT5OfWhichNobodyKnowsWhetherItIsScaled) {
  Json config = small_config();
  config["model_type"] = "mt5";
  config["tie_word_embeddings"] = true;
  for (const char* version : {"", "4.46.3"}) {
    if (*version != '\0') config["transformers_version"] = version;
    EXPECT_THAT(refusal_of([&] { read(config); }),
                Refused(ExitCode::bad_input, "config.json, key \"tie_word_embeddings\"", {"true"}));
  }
  config["transformers_version"] = "5.24.0";
  EXPECT_FALSE(read(config).tied_head);
}

TEST(T5Config, RefusesWhatItCannotBeNamingFileAndKey) {
  const std::vector<std::pair<const char*, Json>> impossible = {
      {"model_type", "umt5"},
      {"model_type", nullptr},
      {"d_model", 0},
      {"d_model", -6},
      {"d_model", 1 << 20},
      {"d_model", 6.5},
      {"d_model", "6"},
      {"d_model", true},
      {"d_model", 18446744073709551615u},
      {"d_kv", 0},
      {"d_ff", 0},
      {"num_heads", 0},
      {"num_layers", 0},
      {"num_layers", 100000},
      {"num_decoder_layers", 0},
      {"vocab_size", 2},
      {"relative_attention_num_buckets", 6},
      {"relative_attention_num_buckets", 0},
      {"relative_attention_max_distance", 4},
      {"layer_norm_epsilon", -1},
      {"layer_norm_epsilon", "small"},
      {"feed_forward_proj", "gated-relu"},
      {"feed_forward_proj", "silu"},
      {"dense_act_fn", "gelu"},
      {"dense_act_fn", "silu"},
      {"tie_word_embeddings", "no"},
      {"pad_token_id", 7},
      {"eos_token_id", -1},
      {"decoder_start_token_id", 7},
  };
  for (const auto& [key, value] : impossible) {
    Json config = small_config();
    config[key] = value;
    EXPECT_THAT(refusal_of([&, &value = config] { read(value); }),
                Refused(ExitCode::bad_input, std::string("config.json, key \"") + key + "\""))
        << value;
  }
}

TEST(T5Config, RefusesAMissingKey) {
  for (const char* key : {"model_type", "d_model", "d_kv", "d_ff", "num_heads", "num_layers", "vocab_size"}) {
    Json config = small_config();
    config.erase(key);
    EXPECT_THAT(refusal_of([&] { read(config); }),
                Refused(ExitCode::bad_input, std::string("config.json, key \"") + key + "\""));
  }
}

TEST(T5Config, RefusesWhatIsNoTableAndWhatIsNotThere) {
  EXPECT_THAT(refusal_of([] { read(Json::array()); }), Refused(ExitCode::bad_input, "config.json", {"JSON object"}));
  const TemporaryFolder empty;
  EXPECT_THAT(refusal_of([&] { read_t5_config(empty.path()); }), Refused(ExitCode::bad_input, "config.json"));
}

}  // namespace
}  // namespace lorasweep
