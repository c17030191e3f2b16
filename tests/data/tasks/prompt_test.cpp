// SPDX-License-Identifier: Apache-2.0
// Prompt templates: what they make, and which of them are refused.
#include "data/tasks/prompt.h"

#include "data/core/error.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(PromptTemplate, FillsBothPlaces) {
  const PromptTemplate prompt("{instruction}\n\nQ: {input}\nA:");
  EXPECT_TRUE(prompt.uses_instruction());
  EXPECT_EQ(prompt.fill("2 + 2", "Add."), "Add.\n\nQ: 2 + 2\nA:");
}

TEST(PromptTemplate, LeavesThePlainInputAlone) {
  const PromptTemplate prompt("{input}");
  EXPECT_FALSE(prompt.uses_instruction());
  EXPECT_EQ(prompt.fill("x", "unused"), "x");
  EXPECT_EQ(PromptTemplate("{input}{input} ").fill("x", ""), "xx ");
}

TEST(PromptTemplate, NeverFillsPlacesThatComeFromTheData) {
  EXPECT_EQ(PromptTemplate("{input}/{instruction}").fill("{instruction}", "{input}"), "{instruction}/{input}");
}

TEST(PromptTemplate, RefusesUnknownBraces) {
  for (const char* text : {"{inputs}", "{input} {target}", "{input", "{input}}", "{{input}}", "{}{input}", "}{input}"})
    EXPECT_THROW(PromptTemplate{text}, ConfigError) << text;
  try {
    PromptTemplate("{input} {target}");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.where(), "tasks.prompt");
    EXPECT_NE(error.problem().find("{target}"), std::string::npos) << error.problem();
  }
}

TEST(PromptTemplate, RefusesAPromptWithoutInput) {
  EXPECT_THROW(PromptTemplate("{instruction}"), ConfigError);
  EXPECT_THROW(PromptTemplate(""), ConfigError);
}

TEST(CompletionTemplate, HoldsTheTargetOnce) {
  EXPECT_EQ(CompletionTemplate("{target}").fill("{target} {x}"), "{target} {x}");
  EXPECT_EQ(CompletionTemplate(" A: {target}.").fill("no"), " A: no.");
  for (const char* text : {"", "target", "{input}", "{target}{target}", "{target} {input}", "{target"}) {
    try {
      CompletionTemplate{text};
      FAIL() << text;
    } catch (const ConfigError& error) {
      EXPECT_EQ(error.where(), "tasks.completion");
    }
  }
}

TEST(FirstParagraph, SkipsTheCanaryHeader) {
  EXPECT_EQ(first_paragraph("DO NOT TRAIN. canary GUID 0\n-----\nSort a list.\n\nQ: b a\n"), "Sort a list.");
  EXPECT_EQ(first_paragraph("canary\r\n-----\r\nSort a list.\r\n\r\nQ: b a\r\n"), "Sort a list.");
  EXPECT_EQ(first_paragraph("canary\n-----\n\nSort a list.\n\nQ"), "Sort a list.");
}

TEST(FirstParagraph, TakesAllItsLines) {
  EXPECT_EQ(first_paragraph("\n \nOne line,\nand another.\n\nQ: x"), "One line,\nand another.");
  EXPECT_EQ(first_paragraph("Only this"), "Only this");
}

TEST(FirstParagraph, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(first_paragraph(""), "");
  EXPECT_EQ(first_paragraph("\n\n"), "");
  EXPECT_EQ(first_paragraph("canary\n-----\n"), "");
}

}  // namespace
}  // namespace lorasweep
