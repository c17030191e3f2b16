// SPDX-License-Identifier: Apache-2.0
// What workers are told of the ends of answers, by the tokenizers of both families.
#include "pipeline/plan/answer_ends.h"

#include "data/tokenizer/causal_tokenizer.h"
#include "data/tokenizer/t5_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CausalTokenizer llama() {
  return CausalTokenizer(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal/llama/base", {1029});
}

TEST(AnswerEnds, AreTheEndTokensOfModelAndTokenizerAlone) {
  const AnswerEnds ends = answer_ends(llama(), {});
  EXPECT_THAT(ends.tokens, ElementsAre(1026, 1029));
  EXPECT_THAT(ends.texts, IsEmpty());
  EXPECT_THAT(ends.token_bytes, IsEmpty()) << "nobody looks for texts in them";
}

TEST(AnswerEnds, TellTheBytesOfEveryTokenWhereTextsAreLookedFor) {
  const CausalTokenizer tokenizer = llama();
  const AnswerEnds ends = answer_ends(tokenizer, {"\n\n", "Q:"});
  EXPECT_THAT(ends.texts, ElementsAre("\n\n", "Q:"));
  ASSERT_EQ(ends.token_bytes.size(), static_cast<std::size_t>(tokenizer.vocabulary()));
  for (const std::string text : {"Answer: the r\xC3\xA9sum\xC3\xA9.\n\nQ: (A)", "\xF0\x9F\x99\x82 12"}) {
    std::string bytes;
    for (const std::int32_t id : tokenizer.encode(text)) bytes += ends.token_bytes[id];
    EXPECT_EQ(bytes, text);
  }
}

TEST(AnswerEnds, TakeATextThatIsASpecialTokenForThatToken) {
  const AnswerEnds ends = answer_ends(llama(), {"<|begin_of_text|>"});
  EXPECT_THAT(ends.tokens, ElementsAre(1026, 1029, 1025));
  EXPECT_THAT(ends.texts, IsEmpty());
  const T5Tokenizer t5(std::filesystem::path(LORASWEEP_DEMO_DIR) / "base");
  EXPECT_THAT(answer_ends(t5, {"</s>"}).tokens, ElementsAre(1, 1));
  EXPECT_THAT(answer_ends(t5, {"s>"}).texts, ElementsAre("s>"));
}

}  // namespace
}  // namespace lorasweep
