// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/unigram.h"

#include "data/tokenizer/json/utf8.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lorasweep {
namespace {

constexpr double unknown_penalty = 10;  // below the least probable token
constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

// The best way to a place in the piece.
struct Best {
  double score = 0;
  std::size_t from = nowhere;
  std::int32_t id = 0;

  void offer(double offered, std::size_t offered_from, std::int32_t offered_id) {
    if (from == nowhere || offered > score) *this = {offered, offered_from, offered_id};
  }
};

}  // namespace

Unigram::Unigram(const TokenizerPart& part) : TokenModel(Vocabulary::of_list(part.at("vocab"))) {
  part.allow_only({"type", "vocab", "unk_id", "byte_fallback"});
  for (const auto& entry : part.at("vocab").json()) scores_.push_back(entry[1].get<double>());
  unknown_ = static_cast<std::int32_t>(part.at("unk_id").number(0, vocabulary().end() - 1));
  unknown_score_ = std::ranges::min(scores_) - unknown_penalty;
  if (part.flag("byte_fallback", false)) bytes_ = vocabulary().byte_ids();
}

void Unigram::append(std::string_view piece, TokenIds& ids, std::size_t& steps) const {
  std::vector<Best> best(piece.size() + 1);
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t width = character_at(piece, at).length;
    const double so_far = best[at].score;
    bool has_character = false;
    steps += 1 + vocabulary().tree().each_prefix(piece.substr(at), [&](std::size_t length, std::int32_t id) {
      best[at + length].offer(score_of(id) + so_far, at, id);
      has_character |= length == width;
    });
    if (!has_character) best[at + width].offer(unknown_score_ + so_far, at, unknown_);
    at += width;
  }
  // From the end: unknown ones beside each other become one text.
  std::vector<std::string_view> texts;
  bool unknown_before = false;
  for (std::size_t end = piece.size(); end > 0; end = best[end].from) {
    const bool unknown = best[end].id == unknown_;
    const std::size_t from = best[end].from;
    if (unknown && unknown_before)
      texts.back() = piece.substr(from, end - from + texts.back().size());
    else
      texts.push_back(piece.substr(from, end - from));
    unknown_before = unknown;
  }
  for (auto text = texts.rbegin(); text != texts.rend(); ++text) append_known(*text, ids);
}

void Unigram::append_known(std::string_view text, TokenIds& ids) const {
  if (const auto id = vocabulary().id_of(text)) return ids.push_back(*id);
  const auto byte_id = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
  if (!bytes_.empty() && std::ranges::all_of(text, [&](char byte) { return byte_id(byte).has_value(); }))
    for (const char byte : text) ids.push_back(*byte_id(byte));
  else
    ids.push_back(unknown_);
}

}  // namespace lorasweep
