// SPDX-License-Identifier: Apache-2.0
// Answers are cut at stop texts as lm-evaluation-harness does it, and stripped as Python's str.strip() does.
#include "data/tasks/answer_text.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(AnswerText, EndsBeforeTheFirstStopText) {
  EXPECT_EQ(before_stop("yes\n\nQ: no", {"Q:", "\n\n"}), "yes");
  EXPECT_EQ(before_stop("yes Q: no\n\n", {"\n\n", "Q:"}), "yes ");
  EXPECT_EQ(before_stop("yes", {"\n\n"}), "yes");
  EXPECT_EQ(before_stop("yes", {}), "yes");
  EXPECT_EQ(before_stop("\n\nyes", {"\n\n"}), "") << "as \"\\n\\nyes\".split(\"\\n\\n\")[0]";
}

TEST(AnswerText, LosesWhiteSpaceAtBothEnds) {
  EXPECT_EQ(stripped(" \n\tyes or no\r\n "), "yes or no");
  EXPECT_EQ(stripped("\u00a0\u3000no\u2029\u0085"), "no") << "as str.strip() does with spaces beyond ASCII";
  EXPECT_EQ(stripped("\u200bno"), "\u200bno") << "which is no white space";
  EXPECT_EQ(stripped(" \u2003 "), "");
  EXPECT_EQ(stripped(""), "");
}

}  // namespace
}  // namespace lorasweep
