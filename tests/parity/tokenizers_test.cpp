// SPDX-License-Identifier: Apache-2.0
// The tokenizer that the engine's tests use where sentencepiece is missing, against the real one, on every text that
// those tests see.
#include "data/tasks/task.h"
#include "tests/testing/oracle.h"
#include "tests/testing/unigram_tokenizer.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(UnigramTokenizer, GivesTheIdsAndTextsOfSentencepieceForTheDemosTasks) {
  const UnigramTokenizer unigram(oracle::demo("base"));
  int compared = 0;
  const auto compare = [&](const std::string& text) {
    const TokenIds ids = oracle::tokenizer().encode(text);
    EXPECT_EQ(unigram.encode(text), ids) << text;
    EXPECT_EQ(unigram.decode(ids), oracle::tokenizer().decode(ids));
    ++compared;
  };
  for (const Task& task : read_tasks({.path = oracle::demo("tasks"), .pool = 10}).tasks)
    for (const auto* examples : {&task.shots, &task.test})
      for (const TextExample& example : *examples) {
        compare(example.input);
        compare(example.target);
      }
  for (const auto& group : oracle::golden_json("losses.json"))
    for (const char* side : {"inputs", "targets"})
      for (const std::string text : group.at(side)) compare(text);
  for (const auto& group : oracle::golden_json("compose.json")) compare(group.at("probe_input"));
  EXPECT_GE(compared, 1600);
}

TEST(UnigramTokenizer, GivesTheTextsOfSentencepieceForTheReferencesAnswers) {
  const UnigramTokenizer unigram(oracle::demo("base"));
  for (const auto& group : oracle::golden_json("generations.json"))
    for (std::size_t i = 0; i < group.at("token_ids").size(); ++i)
      EXPECT_EQ(unigram.decode(group.at("token_ids")[i].get<TokenIds>()), group.at("text")[i].get<std::string>());
}

}  // namespace
}  // namespace lorasweep
