// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/decoder.h"

#include "data/tokenizer/json/byte_letters.h"
#include "data/tokenizer/json/metaspace.h"
#include "data/tokenizer/json/replacement.h"
#include "data/tokenizer/json/utf8.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* replacement_character = "\uFFFD";

std::string joined(const std::vector<std::string>& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

// The byte that "<0xHH>" spells.
std::optional<char> spelled_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  unsigned byte = 0;
  const auto [last, error] = std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
  return error != std::errc{} || last != token.data() + 5 ? std::nullopt : std::optional(static_cast<char>(byte));
}

// Runs of spelled bytes become their text, or where they are none, U+FFFD for each byte.
void join_bytes(std::vector<std::string>& tokens) {
  std::vector<std::string> out;
  std::string bytes;
  const auto finish = [&] {
    if (is_valid_utf8(bytes)) {
      if (!bytes.empty()) out.push_back(bytes);
    } else {
      for (std::size_t i = 0; i < bytes.size(); ++i) out.emplace_back(replacement_character);
    }
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = spelled_byte(token)) {
      bytes += *byte;
      continue;
    }
    finish();
    out.push_back(std::move(token));
  }
  finish();
  tokens = std::move(out);
}

// At most `start` times the character in front, `stop` times behind.
struct Strip {
  std::string character;
  std::size_t start, stop;

  void operator()(std::vector<std::string>& tokens) const {
    for (std::string& token : tokens) {
      std::string_view left = token;
      for (std::size_t i = 0; i < start && left.starts_with(character); ++i) left.remove_prefix(character.size());
      for (std::size_t i = 0; i < stop && left.ends_with(character); ++i) left.remove_suffix(character.size());
      token = std::string(left);
    }
  }
};

std::string with_spaces(const std::string& token, const std::string& mark, const char* space) {
  std::string text;
  for (std::size_t from = 0; from <= token.size();) {
    const std::size_t found = token.find(mark, from);
    text += token.substr(from, found - from);
    if (found == std::string::npos) break;
    text += space;
    from = found + mark.size();
  }
  return text;
}

}  // namespace

Decoder::Decoder(const TokenizerPart& part) {
  for (const TokenizerPart& step : part.steps("decoders")) steps_.push_back(read_step(step));
  if (steps_.empty()) part.refuse_unknown("has no step: there would be a space between all tokens of an answer");
}

Decoder::Step Decoder::read_step(const TokenizerPart& part) {
  const std::string type = part.type();
  if (type == "ByteLevel") {
    part.allow_only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    const auto bytes = [](const std::string& token) { return bytes_of_letters(token).value_or(token); };
    return {[bytes](std::vector<std::string>& tokens) {
              for (std::string& token : tokens) token = bytes(token);
              tokens = {valid_utf8(joined(tokens))};
            },
            bytes};
  }
  if (type == "Replace") {
    const auto replace = [replacement = Replacement(part)](const std::string& token) {
      return replacement.replace(token);
    };
    return {[replace](std::vector<std::string>& tokens) {
              for (std::string& token : tokens) token = replace(token);
            },
            replace};
  }
  if (type == "ByteFallback") {
    part.allow_only({"type"});
    return {join_bytes, [](const std::string& token) {
              const auto byte = spelled_byte(token);
              return byte ? std::string(1, *byte) : token;
            }};
  }
  if (type == "Fuse") {
    part.allow_only({"type"});
    return {[](std::vector<std::string>& tokens) { tokens = {joined(tokens)}; }, {}};
  }
  if (type == "Strip") {
    part.allow_only({"type", "content", "start", "stop"});
    const std::string character = part.at("content").text(4);
    if (character.empty() || character_at(character, 0).length != character.size())
      part.at("content").refuse("is not one character");
    return {Strip{character, static_cast<std::size_t>(part.at("start").number(0, 1000)),
                  static_cast<std::size_t>(part.at("stop").number(0, 1000))},
            {}};
  }
  if (type == "Metaspace") {
    const Metaspace metaspace(part);
    return {[metaspace](std::vector<std::string>& tokens) {
              for (std::size_t i = 0; i < tokens.size(); ++i) {
                const bool in_front = i == 0 && metaspace.prepend != Metaspace::Prepend::never;
                tokens[i] = with_spaces(tokens[i], metaspace.replacement, in_front ? "" : " ");
              }
            },
            [metaspace](const std::string& token) { return with_spaces(token, metaspace.replacement, " "); }};
  }
  part.refuse_unknown("is the step \"" + type +
                      "\": known are ByteLevel, Replace, ByteFallback, Fuse, Strip and Metaspace");
}

std::string Decoder::text_of(std::vector<std::string> tokens) const {
  for (const Step& step : steps_) step.all(tokens);
  return joined(tokens);
}

std::string Decoder::bytes_of(const std::string& token) const {
  std::string bytes = token;
  for (const Step& step : steps_)
    if (step.one) bytes = step.one(bytes);
  return bytes;
}

}  // namespace lorasweep
