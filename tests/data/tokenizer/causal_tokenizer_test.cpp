// SPDX-License-Identifier: Apache-2.0
// Tokenizers of decoder-only models against transformers' ids, and the examples that the loss is defined on.
#include "data/tokenizer/causal_tokenizer.h"

#include "tests/data/core/documented_keys.h"
#include "tests/data/tokenizer/tokenizer_cases.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace lorasweep {
namespace {

using testing::ElementsAre;

struct Model {
  const char* base;
  const char* texts;
};
constexpr Model models[] = {{"llama/base", "llama/goldens/tokenization_llama.json"},
                            {"qwen2/base", "qwen2/goldens/tokenization_qwen2.json"},
                            {"spm_legacy/base", "llama/goldens/tokenization_spm_legacy.json"}};

TEST(CausalTokenizer, AgreesWithTheReference) {
  for (const Model& model : models) {
    const CausalTokenizer tokenizer(causal_golden(model.base));
    const TokenIds before = JsonTokenizer::of_directory(causal_golden(model.base)).around().before;
    int compared = 0, doubled = 0;
    const TestJson golden = read_test_json(causal_golden(model.texts));
    for (const TestJson& one : golden.at("texts")) {
      auto ids = one.at("ids").get<TokenIds>();
      EXPECT_EQ(tokenizer.decode(ids), one.at("decoded").get<std::string>()) << one.at("text");
      // The reference puts <s> in front of a text that begins with it; nobody trains so, and evaluations do not.
      if (!before.empty() && ids.size() > 1 && ids[0] == before[0] && ids[1] == before[0]) {
        ids.erase(ids.begin());
        ++doubled;
      }
      EXPECT_EQ(tokenizer.encode(one.at("text").get<std::string>()), ids) << model.base << one.at("text");
      ++compared;
    }
    EXPECT_GE(compared, 385);
    EXPECT_LE(doubled, 10);
  }
}

TEST(CausalTokenizer, JoinsPromptAndCompletionAsTheReference) {
  int borders = 0;
  for (const Model& model : models) {
    const CausalTokenizer tokenizer(causal_golden(model.base));
    const std::int32_t end = tokenizer.stop_ids().front();
    const TestJson golden = read_test_json(causal_golden(model.texts));
    for (const TestJson& one : golden.at("boundaries")) {
      const auto prompt = one.at("prompt_ids").get<TokenIds>();
      auto joint = one.at("joint_ids").get<TokenIds>();
      joint.push_back(end);
      Tokenizer::Pair pair;
      const Refusal refusal = refusal_of([&] {
        pair = tokenizer.encode_pair(one.at("prompt").get<std::string>(), one.at("completion").get<std::string>());
      });
      // Some prompts leave no label, or have nothing to predict it from.
      if (prompt.empty() || prompt.size() >= joint.size()) {
        EXPECT_THAT(refusal, Refused(ExitCode::bad_input, "tokenizer.json")) << one;
        continue;
      }
      ASSERT_THAT(refusal, Accepted()) << one;
      TokenIds both = pair.source;
      both.insert(both.end(), pair.target.begin(), pair.target.end());
      EXPECT_EQ(both, joint) << one;
      EXPECT_EQ(pair.source.size(), prompt.size());
      EXPECT_EQ(pair.source_is_prefix, one.at("prompt_is_prefix").get<bool>()) << one;
      borders += !pair.source_is_prefix;
    }
  }
  EXPECT_GT(borders, 0) << "some token must reach over the border";
}

TEST(CausalTokenizer, GivesTheRowsOfTheReferencesLossesAndTheTextsOfItsAnswers) {
  for (const std::string family : {"llama", "qwen2"}) {
    const CausalTokenizer tokenizer(causal_golden(family + "/base"));
    std::size_t rows = 0, answers = 0;
    for (const TestJson& group : read_test_json(causal_golden(family + "/goldens/losses.json"))) {
      ASSERT_EQ(group.at("rows").size(), group.at("examples").size());
      for (std::size_t i = 0; i < group.at("rows").size(); ++i, ++rows) {
        const TestJson& example = group.at("examples")[i];
        const Tokenizer::Pair pair =
            tokenizer.encode_pair(example[0].get<std::string>() + "\n", example[1].get<std::string>());
        TokenIds both = pair.source;
        both.insert(both.end(), pair.target.begin(), pair.target.end());
        EXPECT_EQ(both, group.at("rows")[i].at("ids").get<TokenIds>());
        EXPECT_EQ(pair.source.size(), group.at("rows")[i].at("prompt_tokens").get<std::size_t>());
      }
    }
    for (const TestJson& group : read_test_json(causal_golden(family + "/goldens/generations.json")))
      for (std::size_t i = 0; i < group.at("token_ids").size(); ++i, ++answers)
        EXPECT_EQ(tokenizer.decode(group.at("token_ids")[i].get<TokenIds>()), group.at("text")[i].get<std::string>());
    EXPECT_GE(rows, 20u);
    EXPECT_GE(answers, 400u);
  }
}

TEST(CausalTokenizer, DoesNotDoubleWhatATextBeginsWith) {
  const CausalTokenizer tokenizer(causal_golden("llama/base"));
  EXPECT_EQ(tokenizer.encode("<|begin_of_text|>Hello"), tokenizer.encode("Hello"));
  EXPECT_THAT(tokenizer.encode("<|begin_of_text|>"), ElementsAre(1025));
  EXPECT_THAT(tokenizer.encode(""), ElementsAre(1025));
}

TEST(CausalTokenizer, StopsAtTheEndTokensOfModelAndTokenizer) {
  EXPECT_THAT(CausalTokenizer(causal_golden("llama/base")).stop_ids(), ElementsAre(1026));
  EXPECT_THAT(CausalTokenizer(causal_golden("llama/base"), {1029, 1026, 1029}).stop_ids(), ElementsAre(1026, 1029));
}

TEST(CausalTokenizer, RefusesExamplesWithoutAFirstLabel) {
  const CausalTokenizer bare(causal_golden("qwen2/base"));
  EXPECT_THAT(refusal_of([&] { bare.encode_pair("", "yes"); }), Refused(ExitCode::bad_input, "tokenizer.json"));
  EXPECT_THAT(refusal_of([&] { bare.encode_pair("a", ""); }), Accepted()) << "the end token is a label";
  EXPECT_THAT(refusal_of([&] { CausalTokenizer(causal_golden("llama/base")).encode_pair("", "yes"); }), Accepted());
}

// A folder with a tokenizer that works, to be spoilt.
class CausalTokenizerFiles : public testing::Test {
 protected:
  CausalTokenizerFiles() {
    for (const char* name : {"tokenizer.json", "tokenizer_config.json"})
      folder.write(name, read_file(causal_golden("llama/base") / name, 1 << 20));
    config = read_test_json(folder.path() / "tokenizer_config.json");
    tokenizer = read_test_json(folder.path() / "tokenizer.json");
  }
  Refusal refusal() const {
    folder.write("tokenizer_config.json", config.dump());
    folder.write("tokenizer.json", tokenizer.dump());
    return refusal_of([&] { CausalTokenizer made(folder.path()); });
  }
  Refusal with(const std::string& key, const TestJson& value) const {
    const TestJson before = config;
    auto* self = const_cast<CausalTokenizerFiles*>(this);
    self->config[key] = value;
    Refusal found = refusal();
    self->config = before;
    return found;
  }
  TemporaryFolder folder;
  TestJson config, tokenizer;
};

TEST_F(CausalTokenizerFiles, AreDocumentedKeyByKey) { expect_documented(causal_tokenizer_keys(), "tokenizer.md"); }

// Keys and usual values of what is published with Llama 2 and 3, Mistral, Qwen 2.5, SmolLM2, Phi-3 and Gemma.
TEST_F(CausalTokenizerFiles, OfPublishedModelsHaveNoKeyThatIsUnknown) {
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, TestJson>>{{"add_bos_token", true},
                                                     {"add_eos_token", false},
                                                     {"add_prefix_space", nullptr},
                                                     {"added_tokens_decoder", TestJson::object()},
                                                     {"additional_special_tokens", TestJson::array()},
                                                     {"chat_template", "{{ messages }}"},
                                                     {"clean_up_tokenization_spaces", false},
                                                     {"errors", "replace"},
                                                     {"extra_special_tokens", TestJson::object()},
                                                     {"legacy", true},
                                                     {"model_input_names", {"input_ids", "attention_mask"}},
                                                     {"model_max_length", 1e30},
                                                     {"padding_side", "left"},
                                                     {"sp_model_kwargs", TestJson::object()},
                                                     {"spaces_between_special_tokens", false},
                                                     {"split_special_tokens", false},
                                                     {"tokenizer_class", "LlamaTokenizerFast"},
                                                     {"unk_token", nullptr},
                                                     {"use_default_system_prompt", false},
                                                     {"vocab_size", nullptr}})
    EXPECT_THAT(with(key, value), Accepted()) << key;
}

TEST_F(CausalTokenizerFiles, ThatWouldMakeOtherIdsAreRefusedByName) {
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, TestJson>>{{"add_bos_token", false},
                                                     {"add_bos_token", "no"},
                                                     {"add_eos_token", true},
                                                     {"add_prefix_space", true},
                                                     {"split_special_tokens", true},
                                                     {"errors", "ignore"},
                                                     {"tokenizer_class", "T5Tokenizer"},
                                                     {"auto_map", {{"AutoTokenizer", "x.Y"}}},
                                                     {"sp_model_kwargs", {{"alpha", 1}}},
                                                     {"a_key_of_tomorrow", 1},
                                                     {"pad_token", "[PAD]"},
                                                     {"pad_token", 7},
                                                     {"image_token", "<image>"},
                                                     {"additional_special_tokens", {"<x>"}},
                                                     {"additional_special_tokens", "<x>"}})
    EXPECT_THAT(with(key, value), Refused(ExitCode::bad_input, "tokenizer_config.json", {key})) << value;
}

TEST_F(CausalTokenizerFiles, HoldTheirTokensToTokenizerJson) {
  const auto decoder = [](const char* id, TestJson token) { return TestJson{{id, std::move(token)}}; };
  const TestJson token = {{"content", "<|eot_id|>"}, {"special", true}, {"normalized", false}, {"lstrip", false}};
  EXPECT_THAT(with("added_tokens_decoder", decoder("1029", token)), Accepted());
  EXPECT_THAT(with("added_tokens_decoder", decoder("1028", token)),
              Refused(ExitCode::bad_input, "tokenizer_config.json"));
  TestJson stripped = token;
  stripped["lstrip"] = true;
  EXPECT_THAT(with("added_tokens_decoder", decoder("1029", stripped)),
              Refused(ExitCode::bad_input, "added_tokens_decoder", {"lstrip"}));
  for (const TestJson& broken :
       {TestJson(3), TestJson{{"1029", 3}}, TestJson{{"x", token}}, TestJson{{"1029", {{"a", 1}}}}})
    EXPECT_THAT(with("added_tokens_decoder", broken), Refused(ExitCode::bad_input, "added_tokens_decoder")) << broken;
  folder.write("added_tokens.json", R"({"<|eot_id|>": 1029})");
  EXPECT_THAT(refusal(), Accepted());
  folder.write("added_tokens.json", R"({"<|eot_id|>": 1030})");
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "added_tokens.json"));
  folder.write("added_tokens.json", "{}");
  folder.write("special_tokens_map.json", R"({"eos_token": {"content": "<|none|>"}})");
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "special_tokens_map.json", {"eos_token"}));
}

TEST_F(CausalTokenizerFiles, MustNameAnEndToken) {
  config.erase("eos_token");
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "tokenizer_config.json", {"eos_token"}));
  folder.write("special_tokens_map.json", R"({"eos_token": {"content": "<|eot_id|>"}})");
  EXPECT_THAT(refusal(), Accepted());
  EXPECT_THAT(CausalTokenizer(folder.path()).stop_ids(), ElementsAre(1029));
}

TEST_F(CausalTokenizerFiles, MayPutNothingBehindAText) {
  auto& single = tokenizer["post_processor"]["processors"][1]["single"];
  single.push_back(single[0]);
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "post_processor"));
}

// Beside an adapter, as trainers save them.
class TokensOfADecoderOnlyAdapter : public CausalTokenizerFiles {
 protected:
  Refusal beside(const std::string& name, const TestJson& json) const {
    std::filesystem::remove_all(folder.path() / "adapter");
    folder.write("adapter/" + name, json.dump());
    return refusal_of([&] { CausalTokenizer(folder.path()).refuse_other_tokens(folder.path() / "adapter"); });
  }
};

TEST_F(TokensOfADecoderOnlyAdapter, AreTakenWhereTheyAreTheBaseModels) {
  EXPECT_THAT(beside("other.json", TestJson::object()), Accepted()) << "no such file at all";
  tokenizer["truncation"] = {{"max_length", 512}};  // what training leaves in the file
  EXPECT_THAT(beside("tokenizer.json", tokenizer), Accepted());
  config["additional_special_tokens"] = {"<|start_header_id|>"};
  config["added_tokens_decoder"] = {{"1029", {{"content", "<|eot_id|>"}, {"lstrip", true}}}};
  config["add_bos_token"] = true;
  EXPECT_THAT(beside("tokenizer_config.json", config), Accepted());
  EXPECT_THAT(beside("special_tokens_map.json", {{"eos_token", {{"content", "<|eot_id|>"}}}}), Accepted());
  EXPECT_THAT(beside("added_tokens.json", {{"<|eot_id|>", 1029}}), Accepted());
}

TEST_F(TokensOfADecoderOnlyAdapter, AreRefusedByNameWhereTheyAreOthersOrHaveOtherIds) {
  const auto refused = [](const char* file, const char* token) { return Refused(ExitCode::bad_input, file, {token}); };
  EXPECT_THAT(beside("added_tokens.json", {{"<|tool|>", 1030}}), refused("adapter/added_tokens.json", "<|tool|>"));
  EXPECT_THAT(beside("added_tokens.json", {{"<|eot_id|>", 7}}), refused("adapter/added_tokens.json", "1029"));
  EXPECT_THAT(beside("special_tokens_map.json", {{"eos_token", "<|im_end|>"}}),
              refused("special_tokens_map.json", "<|im_end|>"));
  config["additional_special_tokens"] = {"<|call|>"};
  EXPECT_THAT(beside("tokenizer_config.json", config), refused("tokenizer_config.json", "<|call|>"));
  EXPECT_THAT(beside("tokenizer_config.json", {{"added_tokens_decoder", {{"1030", {{"content", "<|x|>"}}}}}}),
              refused("tokenizer_config.json", "<|x|>"));
  TestJson swapped = tokenizer;
  swapped["model"]["vocab"]["ck"] = 301;
  swapped["model"]["vocab"]["st"] = 300;
  EXPECT_THAT(beside("tokenizer.json", swapped), refused("adapter/tokenizer.json", "ck"));
  swapped = tokenizer;
  swapped["added_tokens"].push_back({{"id", 1030}, {"content", "<|new|>"}});
  EXPECT_THAT(beside("tokenizer.json", swapped), refused("adapter/tokenizer.json", "<|new|>"));
  swapped["model"].erase("vocab");
  EXPECT_THAT(beside("tokenizer.json", swapped), Refused(ExitCode::bad_input, "adapter/tokenizer.json"));
}

// Labels do not count where a row is padded, and rows are not padded here.
TEST_F(TokensOfADecoderOnlyAdapter, MayPadWithATokenThatTheBaseModelDoesNotHave) {
  EXPECT_THAT(beside("special_tokens_map.json", {{"pad_token", "[PAD]"}}), Accepted());
  folder.write("adapter/added_tokens.json", R"({"[PAD]": 1030})");
  EXPECT_THAT(refusal_of([&] { CausalTokenizer(folder.path()).refuse_other_tokens(folder.path() / "adapter"); }),
              Accepted());
  EXPECT_THAT(beside("added_tokens.json", {{"[PAD]", 1030}}), Refused(ExitCode::bad_input, "added_tokens.json"));
}

}  // namespace
}  // namespace lorasweep
