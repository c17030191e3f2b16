// SPDX-License-Identifier: Apache-2.0
// Answers end before a stop text, wherever the borders of their tokens are.
#include "workers/engine/stop_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> letters = {"", "a", "b", "\n", "b)\n\n", "b)", ")", "\nQ", "Q:", "\xC3", "\xA9\n", "a"};

// As a decoder feeds it: whether and when the answer ended, and what is left.
std::vector<std::int32_t> cut(const StopTexts& stop, const std::vector<std::int32_t>& said) {
  std::vector<std::int32_t> answer;
  StopTexts::Tail tail;
  for (const std::int32_t token : said) {
    answer.push_back(token);
    if (stop.end(answer, tail)) break;
  }
  return answer;
}
std::vector<std::int32_t> cut(const std::vector<std::string>& texts, const std::vector<std::int32_t>& said) {
  return cut(StopTexts({.tokens = {}, .texts = texts, .token_bytes = letters}), said);
}

TEST(StopTexts, AreFoundAcrossTheBordersOfTokens) {
  EXPECT_THAT(cut({"\nQ:"}, {1, 3, 8, 2}), ElementsAre(1)) << "\\n|Q:";
  EXPECT_THAT(cut({"\n\nQ"}, {1, 3, 7, 2}), ElementsAre(1)) << "\\n|\\nQ";
  EXPECT_THAT(cut({"b\n"}, {1, 2, 0, 3, 2}), ElementsAre(1)) << "a token without bytes stands between";
  EXPECT_THAT(cut({"a"}, {1, 2}), IsEmpty());
  EXPECT_THAT(cut({"\nQ:"}, {1, 3, 1, 8}), ElementsAre(1, 3, 1, 8)) << "never together";
}

TEST(StopTexts, LeaveWhatIsBeforeThemInTheirToken) {
  EXPECT_THAT(cut({"\n\n"}, {1, 4, 2}), ElementsAre(1, 5)) << "the longest token first";
  EXPECT_THAT(cut({")"}, {1, 4, 2}), ElementsAre(1, 2));
  EXPECT_THAT(cut({"\n"}, {9, 10, 2}), ElementsAre(9)) << "half a character, which no token is";
}

TEST(StopTexts, EndAnAnswerWithTheOneThatIsCompleteFirst) {
  EXPECT_THAT(cut({"\nQ", "b"}, {1, 2, 3, 8}), ElementsAre(1));
  EXPECT_THAT(cut({"\n\n", ")"}, {1, 4}), ElementsAre(1, 2)) << "of one token: the one that begins first";
  EXPECT_THAT(cut({"ab\nQ", "b\n"}, {1, 2, 3, 8}), ElementsAre(1)) << "the other one began first, and was not complete";
}

TEST(StopTexts, CannotBeEmpty) {
  EXPECT_THROW(StopTexts({.tokens = {}, .texts = {"a", ""}, .token_bytes = letters}), std::invalid_argument);
}

// Against the whole text of the answer, looked through after every token.
TEST(StopTexts, LeaveTheTextBeforeThem) {
  std::mt19937 random(3);
  const auto below = [&](std::size_t end) { return random() % end; };
  const auto word = [&](std::size_t most) {
    std::string text;
    for (std::size_t n = 1 + below(most); n > 0; --n) text += static_cast<char>('a' + below(3));
    return text;
  };
  int ended = 0;
  for (int round = 0; round < 2000; ++round) {
    AnswerEnds ends{.tokens = {}, .texts = {}, .token_bytes = {"", "a", "b", "c"}};
    while (ends.token_bytes.size() < 12) ends.token_bytes.push_back(word(4));
    for (std::size_t n = 1 + below(3); n > 0; --n) ends.texts.push_back(word(5));
    std::vector<std::int32_t> said;
    for (int i = 0; i < 8; ++i) said.push_back(static_cast<std::int32_t>(below(12)));

    std::string expected;
    bool found = false;
    for (const std::int32_t token : said) {
      expected += ends.token_bytes[token];
      std::size_t first = std::string::npos;
      for (const std::string& text : ends.texts) first = std::min(first, expected.find(text));
      if (first == std::string::npos) continue;
      expected.resize(first);
      found = true;
      break;
    }
    std::string kept;
    const std::vector<std::string> bytes = ends.token_bytes;
    for (const std::int32_t token : cut(StopTexts(std::move(ends)), said)) kept += bytes[token];
    EXPECT_EQ(kept, expected);
    ended += found;
  }
  EXPECT_GT(ended, 500);
  EXPECT_LT(ended, 1900);
}

}  // namespace
}  // namespace lorasweep
