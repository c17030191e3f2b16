// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/bpe.h"

#include "data/core/known_keys.h"
#include "data/tokenizer/json/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace lorasweep {
namespace {

using Json = TokenizerPart::Json;

constexpr std::size_t most_merges = 2'000'000;

// "left right", or ["left", "right"].
std::optional<std::pair<std::string, std::string>> two_tokens(const Json& entry) {
  if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string())
    return std::pair(entry[0].get<std::string>(), entry[1].get<std::string>());
  if (!entry.is_string()) return std::nullopt;
  const auto& text = entry.get_ref<const std::string&>();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, space), text.substr(space + 1));
}

// A piece while it is being merged: its tokens, linked, so that joining two takes no time.
class Chain {
 public:
  Chain(TokenIds ids, const MergeTable& merges, std::size_t& steps)
      : ids_(std::move(ids)), merges_(merges), steps_(steps) {
    const auto count = static_cast<std::int32_t>(ids_.size());
    links_.reserve(ids_.size());
    heap_.reserve(ids_.size());
    for (std::int32_t i = 0; i < count; ++i) links_.push_back({i - 1, i + 1 < count ? i + 1 : none});
    for (std::int32_t i = 0; i + 1 < count; ++i) enter(i);
    std::ranges::make_heap(heap_, later);
  }

  void merge_all() {
    while (!heap_.empty()) {
      std::ranges::pop_heap(heap_, later);
      const Entry entry = heap_.back();
      heap_.pop_back();
      if (links_[entry.at].after != none && is_current(entry)) join(entry);
    }
  }
  void append_to(TokenIds& ids) const {
    for (std::int32_t i = ids_.empty() ? none : 0; i != none; i = links_[i].after) ids.push_back(ids_[i]);
  }

 private:
  static constexpr std::int32_t none = -1;
  struct Link {
    std::int32_t before, after;
  };
  struct Entry {
    std::int32_t rank, at, made;
  };
  static bool later(const Entry& a, const Entry& b) { return std::tie(a.rank, a.at) > std::tie(b.rank, b.at); }

  bool enter(std::int32_t at) {
    ++steps_;
    const MergeTable::Merge* merge = merges_.find(ids_[at], ids_[links_[at].after]);
    if (merge != nullptr) heap_.push_back({merge->rank, at, merge->made});
    return merge != nullptr;
  }
  bool is_current(const Entry& entry) {
    ++steps_;
    const MergeTable::Merge* merge = merges_.find(ids_[entry.at], ids_[links_[entry.at].after]);
    return merge != nullptr && merge->made == entry.made;
  }
  void join(const Entry& entry) {
    const std::int32_t gone = links_[entry.at].after, next = links_[gone].after;
    ids_[entry.at] = entry.made;
    links_[entry.at].after = next;
    links_[gone].after = none;  // nothing is joined there any more
    if (next != none) links_[next].before = entry.at;
    for (const std::int32_t at : {links_[entry.at].before, entry.at})
      if (at != none && links_[at].after != none && enter(at)) std::ranges::push_heap(heap_, later);
  }

  TokenIds ids_;
  const MergeTable& merges_;
  std::size_t& steps_;
  std::vector<Link> links_;
  std::vector<Entry> heap_;
};

}  // namespace

Bpe::Bpe(const TokenizerPart& part) : TokenModel(Vocabulary::of_object(part.at("vocab"))) {
  part.allow_only({"type", "vocab", "merges", "unk_token", "fuse_unk", "byte_fallback", "ignore_merges"});
  whole_pieces_ = part.flag("ignore_merges", false);
  fuse_unknown_ = part.flag("fuse_unk", false);
  if (part.flag("byte_fallback", false)) bytes_ = vocabulary().byte_ids();
  if (const auto unknown = part.find("unk_token")) {
    unknown_ = vocabulary().id_of(unknown->text(Vocabulary::longest_token));
    if (!unknown_) unknown->refuse("is " + shown(unknown->json()) + ", which is no token of the vocabulary");
  }
  read_merges(part.at("merges"));
  for (char32_t point = 0; point < first_characters_.size(); ++point) {
    std::string character;
    append_utf8(character, point);
    first_characters_[point] = vocabulary().id_of(character).value_or(-1);
  }
}

void Bpe::read_merges(const TokenizerPart& list) {
  if (!list.json().is_array() || list.json().size() > most_merges)
    list.refuse(fmt::format("is {}, not a list of at most {} merges", shown(list.json()), most_merges));
  std::vector<MergeTable::Merge> merges;
  merges.reserve(list.json().size());
  for (std::size_t i = 0; i < list.json().size(); ++i) {
    const Json& entry = list.json()[i];
    const auto refuse = [&](const std::string& problem) {
      TokenizerPart(entry, list.file(), fmt::format("{}[{}]", list.place(), i)).refuse(problem);
    };
    if (entry.is_string() && entry.get_ref<const std::string&>().starts_with("#version")) continue;
    const auto pair = two_tokens(entry);
    if (!pair) refuse("is " + shown(entry) + ", not two tokens");
    const auto id = [&](const std::string& text) {
      const auto found = vocabulary().id_of(text);
      if (!found) refuse(fmt::format("needs the token {}, which the vocabulary does not have", shown(Json(text))));
      return *found;
    };
    const auto& [left, right] = *pair;
    merges.push_back({id(left), id(right), static_cast<std::int32_t>(merges.size()), id(left + right)});
  }
  merges_ = MergeTable(std::move(merges), vocabulary().end());
}

std::optional<std::int32_t> Bpe::id_of_character(std::string_view character, char32_t point) const {
  if (point >= first_characters_.size()) return vocabulary().id_of(character);
  return first_characters_[point] < 0 ? std::nullopt : std::optional(first_characters_[point]);
}

TokenIds Bpe::characters(std::string_view piece, std::size_t& steps) const {
  TokenIds ids;
  ids.reserve(piece.size());
  // Unknown characters wait for the next known one, as in the library: bytes that follow them overtake them.
  bool unknown_waits = false;
  for (std::size_t at = 0; at < piece.size();) {
    const Character read = character_at(piece, at);
    const std::string_view character = piece.substr(at, read.length);
    at += read.length;
    ++steps;
    const auto id = id_of_character(character, read.point);
    if (id) {
      if (unknown_waits) ids.push_back(*unknown_);
      unknown_waits = false;
      ids.push_back(*id);
      continue;
    }
    const auto byte_id = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
    if (!bytes_.empty() && std::ranges::all_of(character, [&](char byte) { return byte_id(byte).has_value(); })) {
      for (const char byte : character) ids.push_back(*byte_id(byte));
    } else if (unknown_) {
      if (unknown_waits && !fuse_unknown_) ids.push_back(*unknown_);
      unknown_waits = true;
    }
  }
  if (unknown_waits) ids.push_back(*unknown_);
  return ids;
}

void Bpe::append(std::string_view piece, TokenIds& ids, std::size_t& steps) const {
  if (whole_pieces_) {
    steps += piece.size();
    if (const auto id = vocabulary().id_of(piece)) {
      ids.push_back(*id);
      return;
    }
  }
  Chain chain(characters(piece, steps), merges_, steps);
  chain.merge_all();
  chain.append_to(ids);
}

}  // namespace lorasweep
