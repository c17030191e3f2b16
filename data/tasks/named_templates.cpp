// SPDX-License-Identifier: Apache-2.0
// The texts, each as its model's card or its template has them for one question.
#include "data/tasks/named_templates.h"

#include <algorithm>

namespace lorasweep {

std::string NamedTemplate::around(std::string_view prompt) const {
  return std::string(before).append(prompt).append(after);
}

std::span<const NamedTemplate> named_templates() {
  static const std::vector<NamedTemplate> templates = {
      {.name = "alpaca",
       .before = "Below is an instruction that describes a task. Write a response that appropriately completes the "
                 "request.\n\n### Instruction:\n",
       .after = "\n\n### Response:\n",
       .completion = "{target}",
       .special_tokens = {}},
      {.name = "mistral", .before = "[INST] ", .after = " [/INST]", .completion = " {target}", .special_tokens = {}},
      {.name = "chatml",
       .before = "<|im_start|>user\n",
       .after = "<|im_end|>\n<|im_start|>assistant\n",
       .completion = "{target}",
       .special_tokens = {"<|im_start|>", "<|im_end|>"}},
      {.name = "llama3",
       .before = "<|start_header_id|>user<|end_header_id|>\n\n",
       .after = "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
       .completion = "{target}",
       .special_tokens = {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}},
      {.name = "gemma",
       .before = "<start_of_turn>user\n",
       .after = "<end_of_turn>\n<start_of_turn>model\n",
       .completion = "{target}",
       .special_tokens = {"<start_of_turn>", "<end_of_turn>"}},
      {.name = "phi3",
       .before = "<|user|>\n",
       .after = "<|end|>\n<|assistant|>\n",
       .completion = "{target}",
       .special_tokens = {"<|user|>", "<|end|>", "<|assistant|>"}},
      // <|user|> and <|assistant|> are plain text to Zephyr, too.
      {.name = "zephyr",
       .before = "<|user|>\n",
       .after = "</s>\n<|assistant|>\n",
       .completion = "{target}",
       .special_tokens = {"</s>"}},
  };
  return templates;
}

const NamedTemplate* find_named_template(std::string_view name) {
  const auto templates = named_templates();
  const auto found = std::ranges::find(templates, name, &NamedTemplate::name);
  return found == templates.end() ? nullptr : &*found;
}

}  // namespace lorasweep
