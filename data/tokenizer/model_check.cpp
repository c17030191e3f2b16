// SPDX-License-Identifier: Apache-2.0
// Walks three things: the protobuf framing, the pieces, and the trie of the character map.
#include "data/tokenizer/model_check.h"

#include "data/core/error.h"
#include "data/core/foreign_content.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t most_pieces = 1'000'000, longest_piece = 512;
constexpr std::size_t largest_map = std::size_t{4} << 20, longest_replacement = 512;  // published ones have 240 kB
constexpr const char* again =
    "the file is damaged or was manipulated: use the spiece.model that was published with the model";

// One protobuf message, field by field.
class Message {
 public:
  Message(std::string_view bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  struct Field {
    std::uint64_t number = 0;
    int type = 0;              // 0 varint, 1 eight bytes, 2 bytes, 5 four bytes
    std::uint64_t value = 0;   // of 0, 1, 5
    std::string_view content;  // of 2
  };
  bool next(Field& field) {
    if (at_ == bytes_.size()) return false;
    const std::uint64_t key = varint();
    // The library cuts larger keys down to 32 bits and would see another field than we do.
    if (key >> 32 != 0 || key >> 3 == 0)
      throw InputError(where_, fmt::format("has a field without a valid number before byte {}", at_), again);
    field = {key >> 3, static_cast<int>(key & 7), 0, {}};
    switch (field.type) {
      case 0: field.value = varint(); break;
      case 1: field.value = fixed(8); break;
      case 2: field.content = take(varint()); break;
      case 5: field.value = fixed(4); break;
      default: throw InputError(where_, fmt::format("has a field of wire type {} at byte {}", field.type, at_), again);
    }
    return true;
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_)
      throw InputError(where_, fmt::format("a field at byte {} reaches beyond its end", at_), again);
    const auto taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  std::uint64_t fixed(std::size_t width) {
    std::uint64_t value = 0;
    std::memcpy(&value, take(width).data(), width);  // little-endian machine, as for weights
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const std::uint64_t byte = static_cast<unsigned char>(take(1).front());
      if (shift < 64) value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw InputError(where_, fmt::format("has a number without an end at byte {}", at_), again);
  }

  std::string_view bytes_;
  std::string where_;
  std::size_t at_ = 0;
};

// Numbers of sentencepiece_model.proto.
constexpr std::uint64_t unknown_type = 2, last_type = 6;
constexpr std::uint64_t unigram = 1;

class Pieces {
 public:
  void add(std::string_view bytes, const std::string& where) {
    const std::string here = fmt::format("{}, piece {}", where, count_);
    if (++count_ > most_pieces) throw InputError(where, fmt::format("has more than {} pieces", most_pieces), again);
    std::string_view piece;
    std::uint64_t type = 1;
    Message message(bytes, here);
    for (Message::Field field; message.next(field);) {
      if (field.number == 1 && field.type == 2) piece = field.content;
      if (field.number == 2 && field.type == 5 &&
          !std::isfinite(std::bit_cast<float>(static_cast<std::uint32_t>(field.value))))
        throw InputError(here, "has a score that is not a number", again);
      if (field.number == 3 && field.type == 0) type = field.value;
      if (type < 1 || type > last_type)
        throw InputError(here, fmt::format("is of type {}, which is unknown", type), again);
    }
    if (piece.empty() || piece.size() > longest_piece || piece.find('\0') != std::string_view::npos)
      throw InputError(
          here, fmt::format("has {} bytes or holds a NUL; a piece has 1 to {}", piece.size(), longest_piece), again);
    if (!seen_.insert(piece).second) throw InputError(here, "appears twice", again);
    unknown_ += type == unknown_type;
  }
  void finish(const std::string& where) const {
    if (count_ == 0) throw InputError(where, "has no pieces", again);
    if (unknown_ != 1)
      throw InputError(where, fmt::format("has {} pieces for unknown characters, one is needed", unknown_), again);
  }

 private:
  std::size_t count_ = 0, unknown_ = 0;
  std::unordered_set<std::string_view> seen_;
};

// The character map is a double-array trie (Darts-clone) and the replacements it points to, each ended by a
// NUL. A lookup steps from unit to unit without looking at bounds; so every step that any input can cause is
// taken here, once, with bounds.
class CharacterMap {
 public:
  CharacterMap(std::string_view map, const std::string& where) : where_(where) {
    std::uint32_t trie_bytes = 0;
    if (map.size() < sizeof trie_bytes || map.size() > largest_map)
      throw bad(fmt::format("has {} bytes; a character map has 4 to {}", map.size(), largest_map));
    std::memcpy(&trie_bytes, map.data(), sizeof trie_bytes);
    map.remove_prefix(sizeof trie_bytes);
    if (trie_bytes > map.size() || trie_bytes % 4 != 0 || trie_bytes == 0)
      throw bad("has a trie of an impossible size");
    units_.resize(trie_bytes / 4);
    std::memcpy(units_.data(), map.data(), trie_bytes);
    replacements_ = map.substr(trie_bytes);
    if (!replacements_.empty() && replacements_.back() != '\0') throw bad("has a replacement without an end");
  }

  void walk() {
    std::vector<bool> seen(units_.size(), false);
    std::vector<std::uint32_t> open = {0};
    seen[0] = true;
    while (!open.empty()) {
      const std::uint32_t at = open.back();
      open.pop_back();
      const std::uint32_t base = at ^ offset(units_[at]);
      if ((base | 255u) >= units_.size()) throw bad(fmt::format("steps out of its trie at unit {}", at));
      if (has_leaf(units_[at])) check_replacement(units_[base] & 0x7fffffffu);
      for (std::uint32_t byte = 0; byte < 256; ++byte) {
        const std::uint32_t next = base ^ byte;
        if (label(units_[next]) != byte || seen[next]) continue;
        seen[next] = true;
        open.push_back(next);
      }
    }
  }

 private:
  void check_replacement(std::size_t begin) const {
    if (begin >= replacements_.size())
      throw bad(fmt::format("has a replacement at byte {} of {}", begin, replacements_.size()));
    if (const std::size_t length = replacements_.find('\0', begin) - begin; length > longest_replacement)
      throw bad(fmt::format("replaces a character by {} bytes", length));
  }
  static std::uint32_t label(std::uint32_t unit) { return unit & 0x800000ffu; }
  static bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
  static std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }
  InputError bad(const std::string& what) const { return {where_ + ", precompiled_charsmap", what, again}; }

  std::string where_;
  std::vector<std::uint32_t> units_;
  std::string_view replacements_;
};

void check_normalizer(std::string_view bytes, const std::string& where) {
  Message message(bytes, where);
  for (Message::Field field; message.next(field);)
    if (field.number == 2 && field.type == 2 && !field.content.empty()) CharacterMap(field.content, where).walk();
}

// Of the trainer's settings only one matters here: the library's code for the other kinds of model has not
// been considered above.
void check_trainer(std::string_view bytes, const std::string& where) {
  Message message(bytes, where);
  for (Message::Field field; message.next(field);)
    if (field.number == 3 && field.type == 0 && field.value != unigram)
      throw InputError(where, fmt::format("is a model of kind {}, not a unigram model (1)", field.value),
                       "use the spiece.model that was published with the model");
}

void check_framing(std::string_view bytes, const std::string& where) {
  Message message(bytes, where);
  for (Message::Field field; message.next(field);) {
  }
}

}  // namespace

void check_sentencepiece_model(std::string_view model, const std::string& where) {
  refuse_foreign_content(model, where);
  Pieces pieces;
  Message message(model, where);
  for (Message::Field field; message.next(field);) {
    if (field.type != 2) continue;
    if (field.number == 1) pieces.add(field.content, where);
    if (field.number == 2) check_trainer(field.content, where + ", trainer_spec");
    if (field.number == 3 || field.number == 5)
      check_normalizer(field.content, where + (field.number == 3 ? ", normalizer_spec" : ", denormalizer_spec"));
    if (field.number == 4) check_framing(field.content, where + ", self_test_data");
  }
  pieces.finish(where);
}

void check_character_map(std::string_view map, const std::string& where) { CharacterMap(map, where).walk(); }

std::string_view character_map_of(std::string_view model) {
  std::string_view map;
  Message message(model, "");
  for (Message::Field field; message.next(field);) {
    if (field.number != 3 || field.type != 2) continue;
    Message normalizer(field.content, "");
    for (Message::Field inner; normalizer.next(inner);)
      if (inner.number == 2 && inner.type == 2) map = inner.content;
  }
  return map;
}

}  // namespace lorasweep
