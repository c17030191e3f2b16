// SPDX-License-Identifier: Apache-2.0
// A tokenizer.json that is damaged, hostile, or has parts that nobody here knows is refused by name.
#include "data/tokenizer/json/json_tokenizer.h"
#include "tests/data/tokenizer/tokenizer_cases.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr auto bad = ExitCode::bad_input;

Refusal refusal_of_bytes(std::string_view bytes) {
  return refusal_of([&] { JsonTokenizer made(bytes, "tokenizer.json"); });
}

// Five tokens and two merges; each test spoils something.
TestJson small() {
  return TestJson::parse(R"({"version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [{"id": 5, "content": "<s>", "special": true, "normalized": false}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"String": " "}, "content": "_"}]},
    "pre_tokenizer": {"type": "Digits", "individual_digits": true},
    "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                       "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}},
    "decoder": {"type": "Fuse"},
    "model": {"type": "BPE", "unk_token": "a", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}, "merges": ["a b", ["ab", "c"]]}})");
}
Refusal with(const std::string& pointer, TestJson value) {
  TestJson json = small();
  json[TestJson::json_pointer(pointer)] = std::move(value);
  return refusal_of_bytes(json.dump());
}

TEST(TokenizerJson, ThatIsSmallIsAccepted) {
  const JsonTokenizer tokenizer(small().dump(), "tokenizer.json");
  EXPECT_EQ(tokenizer.ids_of("abcab<s>b"), (TokenIds{4, 3, 5, 1}));
}

TEST(TokenizerJson, WithAnUnknownPartIsRefusedNamingIt) {
  for (const auto& [pointer, type] :
       std::vector<std::pair<const char*, const char*>>{{"/model", "WordPiece"},
                                                        {"/model", "WordLevel"},
                                                        {"/normalizer", "Lowercase"},
                                                        {"/normalizer/normalizers/1", "NFKC"},
                                                        {"/normalizer", "BertNormalizer"},
                                                        {"/pre_tokenizer", "Punctuation"},
                                                        {"/pre_tokenizer", "UnicodeScripts"},
                                                        {"/post_processor", "RobertaProcessing"},
                                                        {"/decoder", "WordPiece"},
                                                        {"/decoder", "CTC"}}) {
    std::string place(pointer + 1);
    place = place.substr(0, place.find('/'));
    EXPECT_THAT(with(pointer, {{"type", type}}), Refused(bad, place, {type})) << pointer;
  }
  EXPECT_THAT(with("/pre_tokenizer",
                   {{"type", "Split"}, {"pattern", {{"Regex", "\\w+"}}}, {"behavior", "Isolated"}, {"invert", false}}),
              Refused(bad, "pre_tokenizer.pattern.Regex", {"w"}));
  EXPECT_THAT(with("/normalizer/normalizers/1/pattern", {{"Regex", "\\s"}}),
              Refused(bad, "normalizer.normalizers[1].pattern"));
  EXPECT_THAT(with("/decoder", nullptr), Refused(bad, "decoder"));
  EXPECT_THAT(with("/part_of_tomorrow", 1), Refused(bad, "tokenizer.json", {"part_of_tomorrow"}));
}

TEST(TokenizerJson, WithAKeyThatWouldChangeIdsIsRefusedNamingIt) {
  for (const char* pointer : {"/model/dropout", "/model/continuing_subword_prefix", "/model/end_of_word_suffix",
                              "/normalizer/normalizers/0/form", "/pre_tokenizer/keep", "/post_processor/cls",
                              "/decoder/cleanup", "/added_tokens/0/priority"}) {
    const std::string text(pointer);
    EXPECT_THAT(with(pointer, 0.5), Refused(bad, "part", {text.substr(text.rfind('/') + 1)})) << pointer;
    EXPECT_THAT(with(pointer, nullptr), Accepted()) << pointer << " says nothing";
  }
}

TEST(TokenizerJson, OfWrongTypesIsRefusedWhereverTheyAre) {
  const TestJson flat = small().flatten();
  // Every value of the document, replaced by each of these: nothing crashes, and what is refused has a place.
  const std::vector<TestJson> values = {
      nullptr,       true,    -1, 3.5, 18446744073709551615u, "x", "", TestJson::array(), TestJson::object(),
      {{"type", 3}}, {1, {2}}};
  int refused = 0;
  for (const auto& [pointer, ignored] : flat.items())
    for (std::string place = pointer; !place.empty(); place = place.substr(0, place.rfind('/')))
      for (const TestJson& value : values) {
        const Refusal found = with(place, value);
        refused += found.code != ExitCode::ok;
        EXPECT_THAT(found, testing::AnyOf(Accepted(), Refused(bad, "tokenizer.json"))) << place << value;
      }
  EXPECT_GE(refused, 500);
}

TEST(TokenizerJson, WithTokensOrIdsTwiceIsRefused) {
  EXPECT_THAT(with("/model/vocab/d", 4), Refused(bad, "model.vocab[\"d\"]", {"4", "abc"}));
  EXPECT_THAT(with("/added_tokens/1", {{"id", 5}, {"content", "<t>"}}),
              Refused(bad, "added_tokens[1]", {"<t>", "5", "6"}));
  EXPECT_THAT(with("/added_tokens/1", {{"id", 5}, {"content", "<s>"}}), Refused(bad, "added_tokens[1]", {"<s>"}));
  EXPECT_THAT(with("/added_tokens/1", {{"id", 6}, {"content", "ab"}}),
              Refused(bad, "added_tokens[1]", {"ab", "6", "3"}));
  EXPECT_THAT(with("/added_tokens/1", {{"id", 3}, {"content", "ab"}}), Accepted()) << "a token of the vocabulary";
  std::string twice = small().dump();
  twice.replace(twice.find("\"b\":1"), 5, "\"a\":1");
  EXPECT_THAT(refusal_of_bytes(twice), Refused(bad, "tokenizer.json"));
  EXPECT_THAT(with("/model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", {{"a", 0}, {"b", 0}, {"a", -1}}}}),
              Refused(bad, "model.vocab", {"a"}));
}

TEST(TokenizerJson, WithMergesOfAbsentTokensIsRefusedNamingThem) {
  EXPECT_THAT(with("/model/merges/1", "ab x"), Refused(bad, "model.merges[1]", {"x"}));
  EXPECT_THAT(with("/model/merges/1", "x ab"), Refused(bad, "model.merges[1]", {"x"}));
  EXPECT_THAT(with("/model/merges/1", "b c"), Refused(bad, "model.merges[1]", {"bc"})) << "what it would make";
  // A token of no bytes could be joined for ever.
  EXPECT_THAT(with("/model/merges/1", {"", "a"}), Refused(bad, "model.merges[1]"));
  EXPECT_THAT(with("/model/merges/1", " a"), Refused(bad, "model.merges[1]"));
  for (const TestJson& broken : {TestJson("a"), TestJson("a b c"), TestJson({"a"}), TestJson({"a", 1}), TestJson(7)})
    EXPECT_THAT(with("/model/merges/1", broken), Refused(bad, "model.merges[1]")) << broken;
  EXPECT_THAT(with("/model/merges/1", "#version: 0.2"), Accepted());
  EXPECT_THAT(with("/model/unk_token", "<unk>"), Refused(bad, "model.unk_token", {"<unk>"}));
}

TEST(TokenizerJson, BeyondTheLimitsIsRefused) {
  EXPECT_THAT(with("/model/vocab/d", 1'000'000), Refused(bad, "model.vocab[\"d\"]", {"1000000"}));
  EXPECT_THAT(with("/model/vocab/d", -1), Refused(bad, "model.vocab[\"d\"]"));
  EXPECT_THAT(with("/model/vocab/" + std::string(5000, 'x'), 5), Refused(bad, "model.vocab", {"5000"}));
  EXPECT_THAT(with("/model/vocab", TestJson::object()), Refused(bad, "model.vocab"));
  TestJson steps = TestJson::array();
  for (int i = 0; i < 17; ++i) steps.push_back({{"type", "NFC"}});
  EXPECT_THAT(with("/normalizer/normalizers", steps), Refused(bad, "normalizer", {"16"}));
  EXPECT_THAT(with("/normalizer/normalizers/1/content", std::string(65, 'x')), Refused(bad, "normalizer", {"65"}));
  EXPECT_THAT(with("/normalizer/normalizers/1/pattern/String", ""), Refused(bad, "normalizer"));
  EXPECT_THAT(with("/added_tokens/0/content", std::string(513, 'x')), Refused(bad, "added_tokens[0].content", {"513"}));
  TestJson nested = {{"type", "NFC"}};
  for (int i = 0; i < 100; ++i) nested = {{"type", "Sequence"}, {"normalizers", TestJson::array({nested})}};
  EXPECT_THAT(with("/normalizer", nested), Refused(bad, "tokenizer.json"));
  EXPECT_THAT(refusal_of_bytes(std::string(100'000, '[')), Refused(bad, "tokenizer.json"));
}

// Four steps that make a letter sixty-four each would fill the memory.
TEST(TokenizerJson, ThatMakesTextsOfAnyLengthIsRefusedWhenItDoes) {
  TestJson json = small();
  json["normalizer"]["normalizers"] = TestJson::array();
  for (int i = 0; i < 8; ++i)
    json["normalizer"]["normalizers"].push_back(
        {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(60, 'a')}});
  const JsonTokenizer tokenizer(json.dump(), "tokenizer.json");
  EXPECT_EQ(tokenizer.ids_of("bc").size(), 2u);
  EXPECT_THAT(refusal_of([&] { tokenizer.ids_of("aaaaaaaa"); }), Refused(bad, "normalizer", {"64"}));
}

TEST(TokenizerJson, WithATemplateThatIsNoneIsRefused) {
  EXPECT_THAT(with("/post_processor/single", TestJson::array()), Refused(bad, "post_processor.single"));
  EXPECT_THAT(with("/post_processor/single/0", small()["post_processor"]["single"][1]),
              Refused(bad, "post_processor.single"));
  EXPECT_THAT(with("/post_processor/single/1/Sequence/id", "B"), Refused(bad, "post_processor.single"));
  EXPECT_THAT(with("/post_processor/special_tokens/<s>/ids/0", 77), Refused(bad, "ids[0]", {"77"}));
  EXPECT_THAT(with("/post_processor/single/0/SpecialToken/id", "<t>"),
              Refused(bad, "post_processor.special_tokens", {"<t>"}));
  const TestJson processor = small()["post_processor"];
  EXPECT_THAT(with("/post_processor", {{"type", "Sequence"}, {"processors", {processor, processor}}}),
              Refused(bad, "post_processor"));
}

TEST(TokenizerJson, WithACharacterMapThatLeavesItsTrieIsRefused) {
  for (const char* map : {"AAAA", "!!!!", "BAAAAAAAAAA=", "BAAAAP////8="})
    EXPECT_THAT(with("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", map}}),
                Refused(bad, "normalizer"))
        << map;
  EXPECT_THAT(with("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", ""}}), Accepted());
}

TEST(TokenizerJson, ThatMarksABeginningWhichItTakesAwayIsRefused) {
  const TestJson first = {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "first"}};
  TestJson json = small();
  json["pre_tokenizer"] = first;
  EXPECT_THAT(refusal_of_bytes(json.dump()), Accepted());
  json["normalizer"] = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}};
  EXPECT_THAT(refusal_of_bytes(json.dump()), Refused(bad, "pre_tokenizer"));
  json["normalizer"] = nullptr;
  json["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {{{"type", "WhitespaceSplit"}}, first}}};
  EXPECT_THAT(refusal_of_bytes(json.dump()), Refused(bad, "pre_tokenizer"));
}

}  // namespace
}  // namespace lorasweep
