// SPDX-License-Identifier: Apache-2.0
// tokenizer_config.json beside tokens, and tokenizer.json beside spiece.model: used, or refused by name.
#include "data/tokenizer/t5_settings.h"

#include "data/core/error.h"
#include "data/tokenizer/t5_fast_tokenizer.h"
#include "data/tokenizer/t5_tokenizer.h"
#include "tests/data/core/documented_keys.h"
#include "tests/data/tokenizer/model_bytes.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

class TokenizerSettings : public testing::Test {
 protected:
  TokenizerSettings() { folder.write("spiece.model", real_model()); }

  T5Tokenizer with(const Json& config) const {
    folder.write("tokenizer_config.json", config.dump());
    return T5Tokenizer(folder.path());
  }
  // Where the refusal is, without the folder; "" for none.
  template <typename Act>
  std::string refused(Act act) const {
    try {
      act();
    } catch (const InputError& error) {
      EXPECT_FALSE(error.remedy().empty());
      return error.where().substr(folder.path().string().size() + 1);
    }
    return "";
  }

  TemporaryFolder folder;
};

TEST_F(TokenizerSettings, OfOtherProgramsHaveNoKeyThatIsUnknown) {
  for (const Json& config : published("tokenizer_config.json")) {
    Json others = config;
    for (const char* token : {"eos_token", "pad_token", "unk_token"}) others.erase(token);
    expect_known(others, {t5_tokenizer_keys()});
    EXPECT_EQ(refused([&] { with(config); }), "");
  }
}

TEST_F(TokenizerSettings, AreDocumentedKeyByKey) {
  expect_documented(t5_tokenizer_keys(), "tokenizer.md");
  expect_documented(t5_fast_tokenizer_keys(), "tokenizer.md");
}

TEST_F(TokenizerSettings, ThatChangeIdsAreRefused) {
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, Json>>{{"tokenizer_class", "LlamaTokenizer"},
                                                 {"tokenizer_class", "PreTrainedTokenizerFast"},
                                                 {"add_prefix_space", false},
                                                 {"padding_side", "left"},
                                                 {"truncation_side", "left"},
                                                 {"split_special_tokens", true},
                                                 {"model_input_names", {"input_ids"}},
                                                 {"sp_model_kwargs", {{"enable_sampling", true}, {"alpha", 0.1}}},
                                                 {"sp_model_kwargs", {{"add_bos", true}}},
                                                 {"sp_model_kwargs", {{"reverse", true}}},
                                                 {"sp_model_kwargs", 1},
                                                 {"legacy", "no"},
                                                 {"clean_up_tokenization_spaces", 1},
                                                 {"auto_map", {{"AutoTokenizer", "x.Y"}}},
                                                 {"a_key_of_tomorrow", 1}})
    EXPECT_EQ(refused([&, &value = value, &key = key] {
                with({{key, value}});
              }),
              std::string("tokenizer_config.json, key \"") + key + "\"")
        << value;
}

TEST_F(TokenizerSettings, ThatChangeNothingAreTaken) {
  for (const Json& config :
       std::vector<Json>{{{"sp_model_kwargs", {{"enable_sampling", false}, {"nbest_size", 5}, {"alpha", 0.1}}}},
                         {{"sp_model_kwargs", Json::object()}},
                         {{"tokenizer_class", "T5TokenizerFast"}, {"add_prefix_space", nullptr}},
                         {{"model_max_length", 512}, {"chat_template", "{{ x }}"}, {"do_lower_case", true}}})
    EXPECT_EQ(with(config).encode("Hello, World"), with(Json::object()).encode("Hello, World")) << config;
}

// The ids of 4.46.3 (slow, legacy = False) and of 5.24.0, which agree on texts without special tokens.
TEST_F(TokenizerSettings, WithoutLegacyMakeTheIdsOnWhichVersionsAgree) {
  const auto file = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "keys" / "ids_without_legacy.json";
  const Json cases = parse_json(read_file(file, 1 << 20), file.string());
  const T5Tokenizer tokenizer = with({{"legacy", false}});
  ASSERT_GT(cases.size(), 50u);
  for (const Json& one : cases)
    EXPECT_EQ(tokenizer.encode(one["text"].get<std::string>()), one["ids"].get<TokenIds>()) << one["text"];
}

TEST_F(TokenizerSettings, WithoutLegacyRefuseTextsOnWhichVersionsDiffer) {
  const T5Tokenizer tokenizer = with({{"legacy", false}}), legacy = with({{"legacy", true}});
  for (const char* text : {"a <extra_id_0> b", "</s>", "a<pad>", "a\u2581b"}) {
    EXPECT_EQ(refused([&] { tokenizer.encode(text); }), "tokenizer_config.json, key \"legacy\"") << text;
    EXPECT_NO_THROW(legacy.encode(text));
  }
  EXPECT_NO_THROW(tokenizer.encode("a < b </ s>"));
}

// Every version of transformers obeys the key; without it the reference's version cleans up, later ones do not.
TEST_F(TokenizerSettings, DecideWhetherTextsAreCleanedUp) {
  const T5Tokenizer usual = with(Json::object()), clean = with({{"clean_up_tokenization_spaces", true}}),
                    plain = with({{"clean_up_tokenization_spaces", false}});
  const TokenIds ids = usual.encode("four , two");
  EXPECT_EQ(usual.decode(ids), "four, two");
  EXPECT_EQ(clean.decode(ids), "four, two");
  EXPECT_EQ(plain.decode(ids), "four , two");
  EXPECT_EQ(clean.settings(), "");
  EXPECT_NE(plain.settings(), "");
}

TEST_F(TokenizerSettings, OfTokensAreTakenAsTransformersWritesThem) {
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"1": {"content": "</s>", "lstrip": false,
    "normalized": false, "rstrip": false, "single_word": false, "special": true}}})");
  EXPECT_EQ(refused([&] { T5Tokenizer(folder.path()); }), "");
  for (const char* flag : {R"("single_word": true)", R"("special": false)"}) {
    folder.write("tokenizer_config.json",
                 std::string(R"({"added_tokens_decoder": {"1": {"content": "</s>", )") + flag + "}}}");
    EXPECT_EQ(refused([&] { T5Tokenizer(folder.path()); }), "tokenizer_config.json") << flag;
  }
}

class FastTokenizer : public TokenizerSettings {
 protected:
  FastTokenizer() {
    const auto file = std::filesystem::path(LORASWEEP_DEMO_DIR) / "base" / "tokenizer.json";
    json = parse_json(read_file(file, std::size_t{64} << 20), file.string());
  }
  std::string refused_now() const {
    folder.write("tokenizer.json", json.dump());
    return refused([&] { T5Tokenizer(folder.path()); });
  }
  Json json;
};

TEST_F(FastTokenizer, OfTheSameModelIsTaken) { EXPECT_EQ(refused_now(), ""); }

TEST_F(FastTokenizer, AsTransformers5WritesItIsTaken) {
  const Json map = json["normalizer"]["normalizers"][0];
  json["normalizer"] = map;
  json["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "WhitespaceSplit"}},
        {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}, {"split", true}}}}};
  json["model"]["byte_fallback"] = false;
  EXPECT_EQ(refused_now(), "");
  json["model"]["vocab"].erase(json["model"]["vocab"].begin() + 1200, json["model"]["vocab"].end());
  EXPECT_EQ(refused_now(), "");  // sentinels among the added tokens alone
}

TEST_F(FastTokenizer, OfAnotherModelIsRefusedNamingThePart) {
  const Json original = json;
  const auto after = [&](const auto& change) {
    json = original;
    change(json);
    return refused_now();
  };
  EXPECT_EQ(after([](Json& j) { j["model"]["type"] = "BPE"; }), "tokenizer.json, part model.type");
  EXPECT_EQ(after([](Json& j) { j["model"]["unk_id"] = 3; }), "tokenizer.json, part model.unk_id");
  EXPECT_EQ(after([](Json& j) { j["model"]["byte_fallback"] = true; }), "tokenizer.json, part model.byte_fallback");
  EXPECT_EQ(after([](Json& j) { j["model"]["vocab"][700][0] = "other"; }), "tokenizer.json, part model.vocab[700]");
  EXPECT_EQ(after([](Json& j) { j["model"]["vocab"][700][1] = -1.5; }), "tokenizer.json, part model.vocab[700]");
  EXPECT_EQ(after([](Json& j) {
              j["model"]["vocab"].push_back(Json::array({"x", 0}));
            }),
            "tokenizer.json, part model.vocab");
  EXPECT_EQ(after([](Json& j) {
              j["normalizer"]["normalizers"].push_back({{"type", "Lowercase"}});
            }),
            "tokenizer.json, part normalizer");
  EXPECT_EQ(after([](Json& j) {
              auto& map = j["normalizer"]["normalizers"][0]["precompiled_charsmap"].get_ref<std::string&>();
              map[map.size() / 2] = map[map.size() / 2] == 'A' ? 'B' : 'A';
            }),
            "tokenizer.json, part normalizer")
      << "characters would be replaced by others";
  EXPECT_EQ(after([](Json& j) { j["normalizer"]["normalizers"][0].erase("precompiled_charsmap"); }),
            "tokenizer.json, part normalizer");
  EXPECT_EQ(after([](Json& j) { j["pre_tokenizer"] = {{"type", "Digits"}}; }), "tokenizer.json, part pre_tokenizer");
  EXPECT_EQ(after([](Json& j) { j["pre_tokenizer"]["prepend_scheme"] = "never"; }),
            "tokenizer.json, part pre_tokenizer");
  EXPECT_EQ(after([](Json& j) { j["post_processor"] = nullptr; }), "tokenizer.json, part post_processor");
  EXPECT_EQ(after([](Json& j) { j["part_of_tomorrow"] = 1; }), "tokenizer.json, key \"part_of_tomorrow\"");
}

TEST_F(FastTokenizer, OfBrokenFormIsRefused) {
  const Json original = json;
  for (const char* part : {"model", "normalizer", "pre_tokenizer", "post_processor"})
    for (const Json& value : {Json(3), Json("x"), Json::array(), Json({{"type", 1}})}) {
      json = original;
      json[part] = value;
      if (part == std::string("model") && value.is_object()) continue;
      EXPECT_THAT(refused_now(), HasSubstr(part)) << value;
    }
}

}  // namespace
}  // namespace lorasweep
