// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/pre_tokenizer.h"

#include "data/core/known_keys.h"
#include "data/tokenizer/json/byte_letters.h"
#include "data/tokenizer/json/metaspace.h"
#include "data/tokenizer/json/replacement.h"
#include "data/tokenizer/json/scanners.h"
#include "data/tokenizer/json/unicode_classes.h"
#include "data/tokenizer/json/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t longest_expression = 1024;

void cut_words(WordPattern pattern, std::string_view text, Pieces& out, std::size_t& steps) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = word_end(pattern, text, at, steps);
    out.add(text.substr(at, end - at));
    at = end;
  }
}

// Runs of characters that are of the class and of those that are not; single ones if `individual`, left out if
// `removed`.
struct ClassCut {
  std::uint8_t classes;
  bool individual = false, removed = false;

  void operator()(std::string_view text, bool, Pieces& out, std::size_t& steps) const {
    std::size_t begin = 0;
    bool inside = false;
    for (std::size_t at = 0; at < text.size(); ++steps) {
      const Character character = character_at(text, at);
      const bool is = (unicode_classes(character.point) & classes) != 0;
      if (at > begin && (is != inside || (is && individual))) {
        if (!inside || !removed) out.add(text.substr(begin, at - begin));
        begin = at;
      }
      inside = is;
      at += character.length;
    }
    if (!inside || !removed) out.add(text.substr(begin));
  }
};

enum class Behavior { isolated, removed, merged_with_previous, merged_with_next };

// At every place where `wanted` stands.
struct TextCut {
  std::string wanted;
  Behavior behavior;

  void operator()(std::string_view text, bool, Pieces& out, std::size_t& steps) const {
    steps += text.size();
    std::size_t begin = 0;  // of what is not given out yet
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t found = std::min(text.find(wanted, from), text.size());
      if (found == text.size()) break;
      const std::size_t end = found + wanted.size();
      if (behavior == Behavior::merged_with_next) {
        out.add(text.substr(begin, found - begin));
        begin = found;
      } else if (behavior == Behavior::merged_with_previous && found > begin) {
        out.add(text.substr(begin, end - begin));
        begin = end;
      } else {
        out.add(text.substr(begin, found - begin));
        if (behavior != Behavior::removed) out.add(text.substr(found, wanted.size()));
        begin = end;
      }
      from = end;
    }
    out.add(text.substr(begin));
  }
};

Behavior read_behavior(const TokenizerPart& part) {
  const std::string name = part.text(64);
  for (const auto& [known, behavior] :
       {std::pair("Isolated", Behavior::isolated), std::pair("Removed", Behavior::removed),
        std::pair("MergedWithPrevious", Behavior::merged_with_previous),
        std::pair("MergedWithNext", Behavior::merged_with_next)})
    if (name == known) return behavior;
  part.refuse_unknown("is " + shown(part.json()) +
                      ": known are Isolated, Removed, MergedWithPrevious and MergedWithNext");
}

}  // namespace

PreTokenizer::PreTokenizer(const TokenizerPart& part) {
  for (const TokenizerPart& step : part.steps("pretokenizers")) steps_.push_back(read_step(step));
}

PreTokenizer::Step PreTokenizer::read_step(const TokenizerPart& part) {
  const std::string type = part.type();
  if (type == "Split") return read_split(part);
  if (type == "Digits") {
    part.allow_only({"type", "individual_digits"});
    return ClassCut{.classes = unicode::digit, .individual = part.flag("individual_digits", false)};
  }
  if (type == "WhitespaceSplit") {
    part.allow_only({"type"});
    removes_ = true;
    return ClassCut{.classes = unicode::white_space, .removed = true};
  }
  if (type == "ByteLevel") return read_byte_level(part);
  if (type == "Metaspace") return read_metaspace(part);
  part.refuse_unknown("is the step \"" + type +
                      "\": known are Split, Digits, ByteLevel, Metaspace and WhitespaceSplit");
}

PreTokenizer::Step PreTokenizer::read_split(const TokenizerPart& part) {
  part.allow_only({"type", "pattern", "behavior", "invert"});
  const TokenizerPart pattern = part.at("pattern");
  const Behavior behavior = read_behavior(part.at("behavior"));
  const bool inverted = part.flag("invert", false);
  if (!pattern.json().is_object() || !pattern.json().contains("Regex")) {
    if (inverted) part.refuse_unknown("has a text as its pattern and is inverted");
    removes_ = removes_ || behavior == Behavior::removed;
    return TextCut{.wanted = text_of_pattern(pattern), .behavior = behavior};
  }
  pattern.allow_only({"Regex"});
  const TokenizerPart expression = pattern.at("Regex");
  const auto known = word_pattern(expression.text(longest_expression));
  if (!known)
    expression.refuse_unknown("is " + shown(expression.json()) +
                              ": known are those of GPT-2, Llama 3, Qwen 2 and Qwen 3.5");
  // The four match every character, so what is between matches is nothing.
  if (behavior != (inverted ? Behavior::removed : Behavior::isolated))
    part.refuse_unknown(
        fmt::format("cuts with the behavior {}{}", shown(part.at("behavior").json()), inverted ? ", inverted" : ""));
  return [pattern = *known](std::string_view text, bool, Pieces& out, std::size_t& steps) {
    cut_words(pattern, text, out, steps);
  };
}

PreTokenizer::Step PreTokenizer::read_byte_level(const TokenizerPart& part) {
  part.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
  const bool prefix = part.flag("add_prefix_space", true), words = part.flag("use_regex", true);
  return [prefix, words](std::string_view text, bool, Pieces& out, std::size_t& steps) {
    steps += text.size();
    std::string with_space;
    if (prefix && !text.starts_with(' ')) text = with_space.append(" ").append(text);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = words ? word_end(WordPattern::gpt2, text, at, steps) : text.size();
      append_letters(out.grow(), text.substr(at, end - at));
      out.finish();
      at = end;
    }
  };
}

PreTokenizer::Step PreTokenizer::read_metaspace(const TokenizerPart& part) {
  const Metaspace metaspace(part);
  if (metaspace.prepend == Metaspace::Prepend::first) {
    if (removes_) part.refuse_unknown("puts a mark where the text begins, after a step that leaves characters out");
    asks_for_start_ = true;
  }
  return [metaspace](std::string_view text, bool at_start, Pieces& out, std::size_t& steps) {
    steps += text.size();
    const std::string marked = metaspace.mark(text, at_start);
    if (metaspace.split)
      TextCut{.wanted = metaspace.replacement, .behavior = Behavior::merged_with_next}(marked, at_start, out, steps);
    else
      out.add(marked);
  };
}

Pieces PreTokenizer::cut(std::string_view text, bool at_start, std::size_t& steps) const {
  Pieces pieces;
  pieces.add(text);
  for (const Step& step : steps_) {
    Pieces next;
    for (std::size_t i = 0; i < pieces.size(); ++i) step(pieces[i], at_start && i == 0, next, steps);
    pieces = std::move(next);
  }
  return pieces;
}

}  // namespace lorasweep
