// SPDX-License-Identifier: Apache-2.0
// Formats of a single question that published models were trained with, as literal texts: what stands around a prompt,
// and how an answer begins. A model's own chat template is a program, which nobody runs here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

struct NamedTemplate {
  std::string_view name;
  std::string_view before, after;  ///< of the whole prompt, shots in front of it included
  std::string_view completion;     ///< what follows it, with the place {target}
  /// Texts that are special tokens of the models that use this format: for others they would be plain text. Without the
  /// token that begins a text, which a tokenizer puts in front itself.
  std::vector<std::string_view> special_tokens;

  std::string around(std::string_view prompt) const;
};

/// In the order of the documentation.
std::span<const NamedTemplate> named_templates();
/// Null for "none" and for a name that is none.
const NamedTemplate* find_named_template(std::string_view name);

}  // namespace lorasweep
