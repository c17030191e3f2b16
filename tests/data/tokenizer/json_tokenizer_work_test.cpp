// SPDX-License-Identifier: Apache-2.0
// What a tokenizer does grows with the text and not faster, whatever the text or the file: counted, not timed.
#include "data/tokenizer/json/json_tokenizer.h"
#include "data/tokenizer/json/scanners.h"
#include "tests/data/tokenizer/tokenizer_cases.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + unit.size());
  while (text.size() < bytes) text += unit;
  return text;
}

const std::vector<std::string> units = {"a",      " ",      "\n",     "\r\n",   "  \n", "'",       "1",
                                        "!",      "\u00e9", "\u0301", "\u4f60", "<",    "a\u0301", "\uac00\u11a8",
                                        "\u2581", "e ",     " a",     "\u3000", "\n ",  "<s>",     "ab1 !\n"};

// Half as long a text takes half as many steps: no term of a higher order hides in them.
void expect_linear(const JsonTokenizer& tokenizer, const std::string& unit, std::size_t bytes, std::size_t most_steps) {
  const std::size_t whole = tokenizer.counted_ids_of(repeated(unit, bytes)).steps;
  const std::size_t half = tokenizer.counted_ids_of(repeated(unit, bytes / 2)).steps;
  EXPECT_LE(whole, most_steps * (bytes + unit.size())) << testing::PrintToString(unit);
  EXPECT_LE(whole, 2 * half + half / 10 + 1000) << testing::PrintToString(unit);
}

TEST(TokenizerWork, OfAMillionEqualCharactersIsLinear) {
  for (const char* base : {"llama/base", "qwen2/base", "spm_legacy/base"}) {
    const JsonTokenizer tokenizer = tokenizer_with(base, TestJson::object());
    for (const std::string& unit : units) expect_linear(tokenizer, unit, 40'000, 24);
    for (const char* unit : {"a", " "}) expect_linear(tokenizer, unit, 1'000'000, 24);
  }
}

TEST(TokenizerWork, OfAUnigramModelIsBoundedByItsLongestToken) {
  const JsonTokenizer tokenizer = tokenizer_with("../../../demo/base", TestJson::object());
  for (const std::string& unit : units) expect_linear(tokenizer, unit, 40'000, 40);
}

TEST(TokenizerWork, OfScannersIsBoundedByTheText) {
  for (const WordPattern pattern : {WordPattern::gpt2, WordPattern::llama3, WordPattern::qwen2, WordPattern::qwen3_5})
    for (const std::string& unit : units) {
      const std::string text = repeated(unit, 100'000);
      std::size_t steps = 0;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = word_end(pattern, text, at, steps);
        ASSERT_GT(end, at);
        at = end;
      }
      EXPECT_LE(steps, 8 * text.size()) << testing::PrintToString(unit);
    }
}

// Tokens that all but match everywhere, and tokens that swallow white space which stands in a long run.
TEST(TokenizerWork, OfAddedTokensIsBoundedByTheLongest) {
  TestJson added = TestJson::array();
  for (int i = 0; i < 200; ++i)
    added.push_back({{"id", 1025 + i}, {"content", repeated("a", 100) + std::to_string(i)}, {"normalized", false}});
  const JsonTokenizer almost = tokenizer_with("llama/base", {{"added_tokens", added}, {"post_processor", nullptr}});
  expect_linear(almost, "a", 200'000, 130);
  const TestJson spaces = {{{"id", 1025}, {"content", " "}, {"normalized", false}, {"lstrip", true}, {"rstrip", true}}};
  const JsonTokenizer swallowing =
      tokenizer_with("llama/base", {{"added_tokens", spaces}, {"post_processor", nullptr}});
  expect_linear(swallowing, " ", 200'000, 12);
}

// Merges chosen so that the greatest token is made last, and every entry of the heap is used or stale once.
TEST(TokenizerWork, OfMergesThatJoinEverythingIsLinear) {
  TestJson vocabulary = {{"a", 0}};
  TestJson merges = TestJson::array();
  for (std::string token = "a"; token.size() < 2048; token += token) {
    merges.push_back({token, token});
    vocabulary[token + token] = vocabulary.size();
  }
  const JsonTokenizer tokenizer =
      tokenizer_with("spm_legacy/base", {{"model", {{"vocab", vocabulary}, {"merges", merges}, {"unk_token", nullptr}}},
                                         {"added_tokens", nullptr},
                                         {"post_processor", nullptr},
                                         {"normalizer", nullptr}});
  expect_linear(tokenizer, "a", 200'000, 12);
  EXPECT_EQ(tokenizer.ids_of(repeated("a", 4096)), (TokenIds{11, 11}));
}

}  // namespace
}  // namespace lorasweep
