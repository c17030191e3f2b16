// SPDX-License-Identifier: Apache-2.0
// No token that the files beside spiece.model add is passed over.
#include "data/core/error.h"
#include "data/tokenizer/t5_tokenizer.h"
#include "tests/data/tokenizer/model_bytes.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::HasSubstr;

class AddedTokens : public testing::Test {
 protected:
  AddedTokens() { folder.write("spiece.model", real_model()); }

  // The file with `text` is refused by its name, and by that of the token.
  void expect_refusal(const std::string& file, const std::string& text, const std::string& token) {
    folder.write(file, text);
    try {
      const T5Tokenizer tokenizer(folder.path());
      ADD_FAILURE() << file << " was taken: " << text;
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr(file)) << text;
      EXPECT_THAT(error.problem(), HasSubstr(token)) << text;
    }
    std::filesystem::remove(folder.path() / file);
  }

  TemporaryFolder folder;
};

TEST_F(AddedTokens, OfT5ItselfAreTaken) {
  folder.write("added_tokens.json", R"({"<extra_id_0>": 1299, "<pad>": 0})");
  folder.write("special_tokens_map.json", R"({"eos_token": {"content": "</s>", "lstrip": false}, "pad_token": "<pad>",
    "unk_token": "<unk>", "additional_special_tokens": ["<extra_id_0>", {"content": "<extra_id_99>"}]})");
  folder.write("tokenizer_config.json", R"({"extra_ids": 100, "bos_token": null, "eos_token": "</s>",
    "added_tokens_decoder": {"1200": {"content": "<extra_id_99>"}, "1": {"content": "</s>"}}})");
  folder.write("tokenizer.json", R"({"added_tokens": [{"id": 2, "content": "<unk>"}], "model": {"type": "Unigram"}})");
  EXPECT_EQ(T5Tokenizer(folder.path()).vocabulary(), 1300);
}

TEST_F(AddedTokens, OfSomebodyElseAreRefusedByName) {
  expect_refusal("added_tokens.json", R"({"\n": 1300, "{": 1301})", "\\n");
  expect_refusal("special_tokens_map.json", R"({"additional_special_tokens": ["[SEP]"]})", "[SEP]");
  expect_refusal("special_tokens_map.json", R"({"sep_token": {"content": "[SEP]"}})", "[SEP]");
  expect_refusal("tokenizer_config.json", R"({"mask_token": "<mask>"})", "<mask>");
  expect_refusal("tokenizer_config.json", R"({"additional_special_tokens": [{"content": "<extra_id_100>"}]})",
                 "<extra_id_100>");
  expect_refusal("tokenizer_config.json", R"({"added_tokens_decoder": {"1301": {"content": "}"}}})", "1301");
  expect_refusal("tokenizer.json", R"({"added_tokens": [{"id": 1300, "content": "<table>"}]})", "<table>");
}

TEST_F(AddedTokens, WithAnotherIdAreRefused) {
  expect_refusal("added_tokens.json", R"({"<extra_id_0>": 1298})", "1298");
  expect_refusal("tokenizer_config.json", R"({"added_tokens_decoder": {"3": {"content": "</s>"}}})", "3");
  expect_refusal("tokenizer.json", R"({"added_tokens": [{"id": 1200, "content": "<extra_id_0>"}]})", "1200");
}

TEST_F(AddedTokens, InTheRoleOfAnotherAreRefused) {
  expect_refusal("special_tokens_map.json", R"({"eos_token": "<unk>"})", "<unk>");
  expect_refusal("special_tokens_map.json", R"({"pad_token": {"content": "</s>"}})", "</s>");
  expect_refusal("tokenizer_config.json", R"({"unk_token": "<extra_id_0>"})", "<extra_id_0>");
}

TEST_F(AddedTokens, UnderNamesThatOtherVersionsHaveAreRefused) {
  expect_refusal("tokenizer_config.json", R"({"extra_special_tokens": {"img": "<image>"}})", "<image>");
  expect_refusal("tokenizer_config.json", R"({"extra_special_tokens": ["<image>"]})", "<image>");
  expect_refusal("tokenizer_config.json", R"({"model_specific_special_tokens": {"img": "<image>"}})", "<image>");
  expect_refusal("special_tokens_map.json", R"({"image_token": "<image>"})", "<image>");
  folder.write("tokenizer_config.json",
               R"({"add_bos_token": false, "extra_special_tokens": {}, "added_tokens_decoder": null})");
  EXPECT_NO_THROW(T5Tokenizer(folder.path()));
}

// A purged cache leaves links that lead nowhere: what they led to was there once, and counted.
TEST_F(AddedTokens, BehindALinkThatLeadsNowhereAreRefused) {
  for (const char* file : {"added_tokens.json", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json"}) {
    std::filesystem::create_symlink("gone", folder.path() / file);
    EXPECT_THROW(T5Tokenizer(folder.path()), InputError) << file;
    std::filesystem::remove(folder.path() / file);
  }
}

TEST_F(AddedTokens, AreCountedInWhatDecidesTheIds) {
  EXPECT_EQ(T5Tokenizer(folder.path()).settings(), "");
  folder.write("tokenizer_config.json", R"({"extra_ids": 90})");
  EXPECT_THAT(T5Tokenizer(folder.path()).settings(), HasSubstr("90"));
}

// Sentinels that the files count differently: the slow tokenizer's number is extra_ids.
TEST_F(AddedTokens, ThatAreSentinelsBeyondExtraIdsAreRefused) {
  folder.write("tokenizer_config.json", R"({"extra_ids": 10})");
  expect_refusal("special_tokens_map.json", R"({"additional_special_tokens": ["<extra_id_10>"]})", "<extra_id_10>");
}

TEST_F(AddedTokens, InAFormThatNobodyKnowsAreRefused) {
  for (const char* text : {"[]", R"({"a": "b"})", R"({"<pad>": 0.5})"})
    expect_refusal("added_tokens.json", text, "form");
  for (const char* text :
       {"[]", R"({"eos_token": 1})", R"({"eos_token": {}})", R"({"additional_special_tokens": "<pad>"})"})
    expect_refusal("special_tokens_map.json", text, "form");
  for (const char* text : {R"({"added_tokens_decoder": []})", R"({"added_tokens_decoder": {"x": "<pad>"}})"})
    expect_refusal("tokenizer_config.json", text, "form");
  for (const char* text : {"[]", R"({"added_tokens": {}})", R"({"added_tokens": [{"content": "<pad>"}]})"})
    expect_refusal("tokenizer.json", text, "form");
}

// FLAN-T5's embedding has 28 rows without a token: an adapter can be trained with tokens of its own, and nothing in its
// weights says so. Training saves the tokenizer beside them.
class TokensOfAnAdapter : public AddedTokens {
 protected:
  void expect_taken(const std::string& what) const { EXPECT_NO_THROW(base().refuse_other_tokens(adapter)) << what; }
  void expect_refused(const std::string& file, const std::string& text, const std::string& token) {
    folder.write("adapter/" + file, text);
    try {
      base().refuse_other_tokens(adapter);
      ADD_FAILURE() << file << " was taken: " << text;
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr("adapter/" + file)) << text;
      EXPECT_THAT(error.problem(), HasSubstr(token)) << text;
    }
    std::filesystem::remove(adapter / file);
  }
  T5Tokenizer base() const { return T5Tokenizer(folder.path()); }

  const std::filesystem::path adapter = folder.path() / "adapter";
};

TEST_F(TokensOfAnAdapter, ThatTheBaseModelHasTooAreTaken) {
  expect_taken("no directory");
  folder.write("adapter/spiece.model", real_model());
  folder.write("adapter/added_tokens.json", R"({"<extra_id_0>": 1299})");
  folder.write("adapter/special_tokens_map.json", R"({"eos_token": "</s>", "pad_token": {"content": "<pad>"}})");
  folder.write("adapter/tokenizer_config.json", R"({"added_tokens_decoder": {"1200": {"content": "<extra_id_99>"}},
    "truncation_side": "left", "model_max_length": 16})");
  folder.write("adapter/tokenizer.json", R"({"added_tokens": [{"id": 2, "content": "<unk>"}], "truncation": {}})");
  expect_taken("T5's own");
}

TEST_F(TokensOfAnAdapter, ThatTheBaseModelLacksAreRefusedByName) {
  expect_refused("added_tokens.json", R"({"\n": 1300})", "\\n");
  expect_refused("special_tokens_map.json", R"({"additional_special_tokens": ["[SEP]"]})", "[SEP]");
  expect_refused("tokenizer_config.json", R"({"added_tokens_decoder": {"1300": {"content": "{"}}})", "1300");
  expect_refused("tokenizer.json", R"({"added_tokens": [{"id": 1300, "content": "<table>"}]})", "<table>");
  expect_refused("added_tokens.json", R"({"<extra_id_0>": 1298})", "1298");
  expect_refused("added_tokens.json", R"({"a")", "JSON");
}

TEST_F(TokensOfAnAdapter, OfAnotherVocabularyAreRefused) {
  std::string other = real_model();
  other.back() = static_cast<char>(other.back() ^ 1);
  expect_refused("spiece.model", other, "other tokens");
}

// Whatever the base model's file says was looked at there.
TEST_F(TokensOfAnAdapter, InAFileOfTheBaseModelsBytesAreTaken) {
  const T5Tokenizer read_before = base();
  folder.write("added_tokens.json", R"({"\n": 1300})");
  folder.write("adapter/added_tokens.json", R"({"\n": 1300})");
  EXPECT_NO_THROW(read_before.refuse_other_tokens(adapter));
  folder.write("adapter/added_tokens.json", R"({"\n": 1300 })");
  EXPECT_THROW(read_before.refuse_other_tokens(adapter), InputError);
}

}  // namespace
}  // namespace lorasweep
