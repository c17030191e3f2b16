// SPDX-License-Identifier: Apache-2.0
// tokenizer.json read literally gives the ids and texts of the tokenizers library.
#include "data/tokenizer/json/json_tokenizer.h"

#include "tests/data/tokenizer/tokenizer_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace lorasweep {
namespace {

using testing::ElementsAre;

TEST(JsonTokenizer, AgreesWithTheLibraryOnEveryPartThatItKnows) {
  EXPECT_GE(expect_cases(causal_golden("pipelines.json")), 1400u);
}

// SmolLM2 and Qwen2.5 on all texts of BBH, or many random texts.
TEST(JsonTokenizer, AgreesWithTheLibraryOnMoreTexts) {
  const char* files = std::getenv("LORASWEEP_TOKENIZER_CASES");
  if (files == nullptr)
    GTEST_SKIP()
        << "set LORASWEEP_TOKENIZER_CASES to files of tests/golden/make/make_tokenizer_cases.py, with : between";
  std::istringstream list(files);
  for (std::string file; std::getline(list, file, ':');) {
    const std::size_t compared = expect_cases(file);
    EXPECT_GE(compared, 1u);
    std::cout << compared << " texts of " << file << '\n';
  }
}

TEST(JsonTokenizer, GivesTheBytesOfEveryTokenOfARunningAnswer) {
  const JsonTokenizer letters = tokenizer_with("llama/base", TestJson::object());
  EXPECT_EQ(letters.bytes_of(*letters.id_of("Ġthe")), " the");
  EXPECT_EQ(letters.bytes_of(*letters.id_of("Ċ")), "\n");
  EXPECT_EQ(letters.bytes_of(*letters.id_of("ð")), "\xF0");
  EXPECT_EQ(letters.bytes_of(*letters.id_of("<|eot_id|>")), "") << "a special token";
  EXPECT_EQ(letters.bytes_of(5000), "") << "the id of no token";
  const JsonTokenizer pieces = tokenizer_with("spm_legacy/base", TestJson::object());
  EXPECT_EQ(pieces.bytes_of(*pieces.id_of("▁t")), " t") << "the space in front stays: the answer has begun";
  EXPECT_EQ(pieces.bytes_of(*pieces.id_of("<0xE2>")), "\xE2");
  EXPECT_EQ(pieces.bytes_of(*pieces.id_of("</s>")), "");
}

// The bytes of all tokens of a text are that text: what stop texts are looked for in.
TEST(JsonTokenizer, GivesBytesThatMakeUpTheText) {
  const JsonTokenizer letters = tokenizer_with("llama/base", TestJson::object());
  for (const std::string text : {"Q: is it 😀?\nA:", " the  café\r\n", "\x01\x02", "你好"}) {
    std::string bytes;
    for (const std::int32_t id : letters.ids_of(text)) bytes += letters.bytes_of(id);
    EXPECT_EQ(bytes, text);
  }
}

TEST(JsonTokenizer, TakesBytesThatAreNoTextForReplacementCharacters) {
  const JsonTokenizer tokenizer = tokenizer_with("llama/base", TestJson::object());
  EXPECT_EQ(tokenizer.ids_of("a\xFFz"), tokenizer.ids_of("a\uFFFDz"));
  EXPECT_EQ(tokenizer.ids_of("\xE4\xBD"), tokenizer.ids_of("\uFFFD")) << "a character that is cut off";
  EXPECT_EQ(tokenizer.ids_of("\xED\xA0\x80"), tokenizer.ids_of("\uFFFD\uFFFD\uFFFD")) << "half of a pair of UTF-16";
  EXPECT_THAT(tokenizer.ids_of(""), ElementsAre());
}

// Versions of the library differ here: some have the normalized form in the text, "▁<s>". A special token is not text.
TEST(JsonTokenizer, LeavesSpecialTokensOutThatAreNormalized) {
  TestJson added = TestJson::array();
  for (const char* content : {"<unk>", "<s>", "</s>"})
    added.push_back({{"id", added.size()}, {"content", content}, {"normalized", true}, {"special", true}});
  const JsonTokenizer tokenizer = tokenizer_with("spm_legacy/base", {{"added_tokens", added}});
  const TokenIds ids = tokenizer.ids_of("<s>hi");
  EXPECT_EQ(ids.front(), 1) << "found as ▁<s>";
  EXPECT_EQ(tokenizer.text_of(ids), "hi");
}

}  // namespace
}  // namespace lorasweep
