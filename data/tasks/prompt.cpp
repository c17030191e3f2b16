// SPDX-License-Identifier: Apache-2.0
// Parses and fills templates; finds the instruction in a chain-of-thought prompt.
#include "data/tasks/prompt.h"

#include "data/core/error.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr std::string_view input_place = "{input}", instruction_place = "{instruction}";

[[noreturn]] void refuse(const std::string& problem) {
  throw ConfigError("tasks.prompt", problem, "the placeholders are {input} and {instruction}");
}

bool is_rule(std::string_view line) {
  return line.size() >= 3 && line.find_first_not_of('-') == std::string_view::npos;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t end = line.find_last_not_of(" \t\r");
    lines.push_back(line.substr(0, end == std::string_view::npos ? 0 : end + 1));
  }
  return lines;
}

}  // namespace

PromptTemplate::PromptTemplate(std::string_view text) {
  bool uses_input = false;
  while (!text.empty()) {
    const std::size_t brace = text.find_first_of("{}");
    Piece piece{.literal = std::string(text.substr(0, brace)), .place = Place::none};
    text.remove_prefix(std::min(brace, text.size()));
    if (text.starts_with(input_place)) {
      piece.place = Place::input;
      uses_input = true;
      text.remove_prefix(input_place.size());
    } else if (text.starts_with(instruction_place)) {
      piece.place = Place::instruction;
      uses_instruction_ = true;
      text.remove_prefix(instruction_place.size());
    } else if (!text.empty()) {
      const std::size_t close = text.find('}');
      refuse(close == std::string_view::npos ? "has a \"{\" without its \"}\""
                                             : "unknown placeholder \"" + std::string(text.substr(0, close + 1)) + '"');
    }
    pieces_.push_back(std::move(piece));
  }
  if (!uses_input) refuse("does not contain {input}");
}

std::string PromptTemplate::fill(std::string_view input, std::string_view instruction) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    text += piece.literal;
    if (piece.place == Place::input) text += input;
    if (piece.place == Place::instruction) text += instruction;
  }
  return text;
}

CompletionTemplate::CompletionTemplate(std::string_view text) {
  constexpr std::string_view place = "{target}";
  const std::size_t at = text.find(place);
  before_ = text.substr(0, at);
  if (at != std::string_view::npos) after_ = text.substr(at + place.size());
  const char* problem = at == std::string_view::npos                                  ? "does not contain {target}"
                        : (before_ + after_).find_first_of("{}") != std::string::npos ? "has other braces than {target}"
                                                                                      : nullptr;
  if (problem != nullptr) throw ConfigError("tasks.completion", problem, "the only placeholder is {target}, once");
}

std::string CompletionTemplate::fill(std::string_view target) const {
  return std::string(before_).append(target).append(after_);
}

std::string first_paragraph(std::string_view cot_prompt) {
  const std::vector<std::string_view> lines = lines_of(cot_prompt);
  const auto text_line = [](std::string_view line) { return !line.empty(); };
  auto begin = std::find_if(lines.begin(), lines.end(), text_line);
  auto end = std::find_if_not(begin, lines.end(), text_line);
  if (const auto rule = std::find_if(begin, end, is_rule); rule != end) {
    begin = std::find_if(rule + 1, lines.end(), text_line);
    end = std::find_if_not(begin, lines.end(), text_line);
  }
  std::string paragraph;
  for (auto line = begin; line != end; ++line) {
    if (line != begin) paragraph += '\n';
    paragraph += *line;
  }
  return paragraph;
}

}  // namespace lorasweep
