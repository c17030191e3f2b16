// SPDX-License-Identifier: Apache-2.0
// Named templates against what the chat templates of published models render for one message of the user, with the
// prompt of an answer behind it, and without the token that begins a text.
#include "data/tasks/named_templates.h"

#include "data/tasks/prompt.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace lorasweep {
namespace {

TEST(NamedTemplates, AreTheTextsThatModelsWereTrainedWith) {
  // Zephyr-7b-beta, Qwen1.5, Meta-Llama-3-Instruct, gemma-it, Phi-3-mini, Mistral-7B-Instruct-v0.1, alpaca-lora.
  const std::map<std::string, std::string> rendered = {
      {"zephyr", "<|user|>\nHi</s>\n<|assistant|>\n"},
      {"chatml", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"},
      {"llama3",
       "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"},
      {"gemma", "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"},
      {"phi3", "<|user|>\nHi<|end|>\n<|assistant|>\n"},
      {"mistral", "[INST] Hi [/INST]"},
      {"alpaca",
       "Below is an instruction that describes a task. Write a response that appropriately completes the "
       "request.\n\n### Instruction:\nHi\n\n### Response:\n"},
  };
  ASSERT_EQ(named_templates().size(), rendered.size());
  for (const auto& [name, text] : rendered) {
    const NamedTemplate* found = find_named_template(name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(found->around("Hi"), text);
    EXPECT_EQ(CompletionTemplate(found->completion).fill("x"), name == "mistral" ? " x" : "x");
    for (const std::string_view marker : found->special_tokens) EXPECT_NE(text.find(marker), std::string::npos) << name;
  }
}

TEST(NamedTemplates, HaveNoNone) {
  EXPECT_EQ(find_named_template("none"), nullptr);
  EXPECT_EQ(find_named_template("ChatML"), nullptr);
}

}  // namespace
}  // namespace lorasweep
