// SPDX-License-Identifier: Apache-2.0
// The templates of prompt and completion, and the task's instruction that a prompt may use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// Text with the placeholders {input} and {instruction}, parsed once: braces inside an example's text are never
/// placeholders.
class PromptTemplate {
 public:
  /// ConfigError at tasks.prompt for any other brace, or if {input} does not occur.
  explicit PromptTemplate(std::string_view text);

  bool uses_instruction() const { return uses_instruction_; }
  std::string fill(std::string_view input, std::string_view instruction) const;

 private:
  enum class Place { none, input, instruction };
  struct Piece {
    std::string literal;  ///< comes before the place
    Place place;
  };
  std::vector<Piece> pieces_;
  bool uses_instruction_ = false;
};

/// Text with the place {target}: what a model is to answer, as the loss counts it. Answers are scored against the
/// target alone.
class CompletionTemplate {
 public:
  /// ConfigError at tasks.completion for any other brace, or if {target} does not occur once.
  explicit CompletionTemplate(std::string_view text);

  std::string fill(std::string_view target) const;

 private:
  std::string before_, after_;
};

/// First paragraph of a file of BBH's cot-prompts/, whose canary header (all up to a line of dashes) is not
/// part of it; "" if there is none.
std::string first_paragraph(std::string_view cot_prompt);

}  // namespace lorasweep
