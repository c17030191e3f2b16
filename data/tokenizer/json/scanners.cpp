// SPDX-License-Identifier: Apache-2.0
// Each alternative of the expressions in their order; \s+(?!\S) is a run of white space without its last character,
// which belongs to the next word, unless the text ends there.
#include "data/tokenizer/json/scanners.h"

#include "data/tokenizer/json/unicode_classes.h"
#include "data/tokenizer/json/utf8.h"

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace lorasweep {
namespace {

using unicode::letter, unicode::number, unicode::mark, unicode::white_space, unicode::other;

constexpr std::array<std::pair<std::string_view, WordPattern>, 4> patterns = {{
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", WordPattern::gpt2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::llama3},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::qwen2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::qwen3_5},
}};

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t& steps) : text_(text), steps_(steps) {}

  bool ends_at(std::size_t at) const { return at >= text_.size(); }
  bool is_break(std::size_t at) const { return !ends_at(at) && (text_[at] == '\r' || text_[at] == '\n'); }
  bool is(std::size_t at, char wanted) const { return !ends_at(at) && text_[at] == wanted; }

  // Whether the character at `at` is of any of these classes; if so, `end` is behind it.
  bool is_of(std::size_t at, std::uint8_t classes, std::size_t& end) const {
    if (ends_at(at)) return false;
    ++steps_;
    const Character character = character_at(text_, at);
    if ((unicode_classes(character.point) & classes) == 0) return false;
    end = at + character.length;
    return true;
  }
  // Behind the longest run of such characters that begins at `at`.
  std::size_t run(std::size_t at, std::uint8_t classes,
                  std::size_t most = std::numeric_limits<std::size_t>::max()) const {
    for (std::size_t count = 0; count < most && is_of(at, classes, at); ++count) {
    }
    return at;
  }

  // 's 't 're 've 'm 'll 'd: its length, or 0.
  std::size_t contraction(std::size_t at, bool any_case) const {
    if (!is(at, '\'')) return 0;
    const std::string_view rest = text_.substr(at + 1, 2);
    // Case is ignored as Unicode folds it: the long s is an s.
    if (any_case && rest == "\u017f") return 3;
    std::array<char, 2> letters = {};
    for (std::size_t i = 0; i < rest.size(); ++i)
      letters[i] = any_case && rest[i] >= 'A' && rest[i] <= 'Z' ? static_cast<char>(rest[i] - 'A' + 'a') : rest[i];
    const auto [first, second] = letters;
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    return (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l') ? 3
                                                                                                                 : 0;
  }

  // \s+(?!\S)|\s+ of a run that begins at `at`.
  std::size_t spaces(std::size_t at, std::size_t end) const {
    std::size_t last = end - 1;
    while (last > at && (text_[last] & 0xC0) == 0x80) --last;  // where its last character begins
    return ends_at(end) || last == at ? end : last;
  }

  std::size_t gpt2(std::size_t at) const {
    if (const std::size_t length = contraction(at, false); length > 0) return at + length;
    const std::size_t first = is(at, ' ') ? at + 1 : at;
    std::size_t end = 0;
    for (const std::uint8_t classes : {letter, number, static_cast<std::uint8_t>(other | mark)})
      if (is_of(first, classes, end)) return run(end, classes);
    return spaces(at, run(at, white_space));
  }

  std::size_t modern(std::size_t at, std::size_t digits, std::uint8_t letters, std::uint8_t others) const {
    if (const std::size_t length = contraction(at, true); length > 0) return at + length;
    std::size_t end = 0;
    if (is_of(at, letters, end)) return run(end, letters);
    if (!is_break(at) && is_of(at, static_cast<std::uint8_t>(mark | white_space | other), end) &&
        is_of(end, letters, end))
      return run(end, letters);
    if (is_of(at, number, end)) return run(at, number, digits);
    if (is_of(is(at, ' ') ? at + 1 : at, others, end)) {
      end = run(end, others);
      while (is_break(end)) ++end;
      return end;
    }
    end = run(at, white_space);
    for (std::size_t last = end; last-- > at; ++steps_)
      if (is_break(last)) return last + 1;
    return spaces(at, end);
  }

 private:
  std::string_view text_;
  std::size_t& steps_;
};

}  // namespace

std::optional<WordPattern> word_pattern(std::string_view regular_expression) {
  for (const auto& [expression, pattern] : patterns)
    if (expression == regular_expression) return pattern;
  return std::nullopt;
}

std::size_t word_end(WordPattern pattern, std::string_view text, std::size_t at, std::size_t& steps) {
  const Scanner scanner(text, steps);
  switch (pattern) {
    case WordPattern::gpt2: return scanner.gpt2(at);
    case WordPattern::llama3: return scanner.modern(at, 3, letter, other | mark);
    case WordPattern::qwen2: return scanner.modern(at, 1, letter, other | mark);
    case WordPattern::qwen3_5: return scanner.modern(at, 1, letter | mark, other);
  }
  return text.size();
}

}  // namespace lorasweep
