// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/unigram_tokenizer.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/tokenizer/clean_up.h"

#include <algorithm>
#include <limits>

namespace lorasweep {
namespace {

constexpr std::int32_t end = 1, unknown = 2;
constexpr std::string_view space_mark = "\u2581";
constexpr double unknown_penalty = 10;  // below the worst piece, as in sentencepiece

// Runs of white space become one mark, and one stands before the first word.
std::string marked(std::string_view text) {
  std::string out;
  bool space = true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) throw InternalError("the tests' tokenizer knows ASCII only");
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      space = true;
      continue;
    }
    if (space) out += space_mark;
    space = false;
    out += c;
  }
  return out;
}

std::size_t width_at(std::string_view text, std::size_t at) {
  return text.substr(at).starts_with(space_mark) ? space_mark.size() : 1;
}

}  // namespace

UnigramTokenizer::UnigramTokenizer(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "tokenizer.json";
  const auto json = parse_json(read_file(file, std::size_t{64} << 20), file.string(), {.bytes = std::size_t{64} << 20});
  for (const auto& entry : json.at("model").at("vocab")) {
    const auto id = static_cast<std::int32_t>(pieces_.size());
    pieces_.push_back({entry.at(0), entry.at(1)});
    const std::string& text = pieces_.back().text;
    if (id <= unknown || text.starts_with("<extra_id_")) continue;
    ids_.emplace(text, id);
    longest_ = std::max(longest_, text.size());
    lowest_ = std::min(lowest_, pieces_.back().score);
  }
}

std::vector<std::int32_t> UnigramTokenizer::encode(std::string_view text) const {
  struct Best {
    double score = -std::numeric_limits<double>::infinity();
    std::size_t from = 0;
    std::int32_t id = unknown;
  };
  const std::string line = marked(text);
  std::vector<Best> best(line.size() + 1);
  best[0].score = 0;
  for (std::size_t at = 0; at < line.size(); at += width_at(line, at)) {
    const auto offer = [&](std::size_t to, double score, std::int32_t id) {
      if (best[at].score + score > best[to].score) best[to] = {best[at].score + score, at, id};
    };
    for (std::size_t length = 1; length <= std::min(longest_, line.size() - at); ++length)
      if (const auto found = ids_.find(line.substr(at, length)); found != ids_.end())
        offer(at + length, pieces_[static_cast<std::size_t>(found->second)].score, found->second);
    offer(at + width_at(line, at), lowest_ - unknown_penalty, unknown);
  }
  std::vector<std::int32_t> ids = {end};
  for (std::size_t at = line.size(); at > 0; at = best[at].from)
    // unknown characters beside each other are one token
    if (best[at].id != unknown || ids.back() != unknown) ids.push_back(best[at].id);
  std::ranges::reverse(ids);
  return ids;
}

std::string UnigramTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string& piece = pieces_.at(static_cast<std::size_t>(id)).text;
    if (id <= unknown || piece.starts_with("<extra_id_")) continue;
    text += piece;
  }
  for (std::size_t at = 0; (at = text.find(space_mark, at)) != std::string::npos; ++at)
    text.replace(at, space_mark.size(), 1, ' ');
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  text.erase(text.find_last_not_of(' ') + 1);
  text.erase(0, first);
  clean_up_spaces(text);
  return text;
}

}  // namespace lorasweep
