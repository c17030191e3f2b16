// SPDX-License-Identifier: Apache-2.0
// What Hugging Face's slow T5Tokenizer does around sentencepiece: special tokens, </s>, cleaning up.
#include "data/tokenizer/t5_tokenizer.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/model/t5_config.h"
#include "data/tokenizer/clean_up.h"
#include "data/tokenizer/model_check.h"
#include "data/tokenizer/t5_added_tokens.h"
#include "data/tokenizer/t5_settings.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t largest_model = std::size_t{64} << 20;
constexpr const char* published = "use the tokenizer files that were published with the model";
constexpr std::int32_t pad = 0, end = 1, unknown = 2;

// What Python's str.strip() removes, as UTF-8.
constexpr std::array<std::string_view, 29> spaces = {
    " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\x1c",   "\x1d",   "\x1e",   "\x1f",
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

std::string_view strip_left(std::string_view text) {
  for (;;) {
    const auto space = std::ranges::find_if(spaces, [&](std::string_view s) { return text.starts_with(s); });
    if (space == spaces.end()) return text;
    text.remove_prefix(space->size());
  }
}
std::string_view strip_right(std::string_view text) {
  for (;;) {
    const auto space = std::ranges::find_if(spaces, [&](std::string_view s) { return text.ends_with(s); });
    if (space == spaces.end()) return text;
    text.remove_suffix(space->size());
  }
}

bool ends(const TokenIds& ids) { return !ids.empty() && ids.back() == end; }

TokenIds cut_and_ended(TokenIds ids, std::size_t max_length) {
  if (ids.size() + 1 > max_length) ids.resize(max_length > 0 ? max_length - 1 : 0);
  if (!ends(ids) && max_length > 0) ids.push_back(end);
  return ids;
}

}  // namespace

struct T5Tokenizer::State {
  std::filesystem::path file;
  sentencepiece::SentencePieceProcessor pieces;
  T5TokenizerSettings settings;

  int vocabulary() const { return pieces.GetPieceSize() + settings.extra_ids; }
  bool has_bytes() const {
    for (int id = 0; id < pieces.GetPieceSize(); ++id)
      if (pieces.IsByte(id)) return true;
    return false;
  }

  struct Special {
    std::size_t begin, length;
    std::int32_t id;
  };
  // The special token at `begin`: the longest there.
  std::optional<Special> special_at(std::string_view text, std::size_t begin) const {
    const std::string_view rest = text.substr(begin);
    if (rest.starts_with("<pad>")) return Special{begin, 5, pad};
    if (rest.starts_with("</s>")) return Special{begin, 4, end};
    if (rest.starts_with("<unk>")) return Special{begin, 5, unknown};
    constexpr std::string_view extra = "<extra_id_";
    if (!rest.starts_with(extra)) return std::nullopt;
    int number = 0;
    const char* first = rest.data() + extra.size();
    const auto [last, error] = std::from_chars(first, rest.data() + rest.size(), number);
    const bool canonical = last - first == 1 || (last != first && *first != '0');  // "<extra_id_07>" is not a token
    if (error != std::errc{} || last == rest.data() + rest.size() || *last != '>' || !canonical || number < 0 ||
        number >= settings.extra_ids || *first == '-')
      return std::nullopt;
    return Special{begin, static_cast<std::size_t>(last - rest.data()) + 1, vocabulary() - 1 - number};
  }
  std::optional<std::int32_t> special_id(std::string_view token) const {
    const auto special = special_at(token, 0);
    return special && special->length == token.size() ? std::optional(special->id) : std::nullopt;
  }
  std::optional<Special> next_special(std::string_view text, std::size_t from) const {
    for (std::size_t at = text.find('<', from); at != std::string_view::npos; at = text.find('<', at + 1))
      if (const auto special = special_at(text, at)) return special;
    return std::nullopt;
  }

  // As it is joined to a text; nothing for special tokens.
  std::optional<std::string> piece(std::int32_t id) const {
    const int known = pieces.GetPieceSize(), all = vocabulary();
    if (id < 0) throw InternalError(fmt::format("a token has the id {}", id));
    if (id <= unknown || (id >= known && id < all)) return std::nullopt;
    // Rows of the embedding beyond the vocabulary have no text; the reference names them like sentinels with
    // negative numbers.
    return id < known ? pieces.IdToPiece(id) : fmt::format("<extra_id_{}>", all - 1 - id);
  }

  // Without "legacy", the slow tokenizer of transformers 4 leaves the space out that precedes what follows a
  // special token, and takes U+2581 for a space; that of transformers 5 does not. In all other texts both agree.
  void refuse_where_versions_differ(std::string_view text, const std::optional<Special>& special) const {
    if (settings.legacy || (!special && text.find("\u2581") == std::string_view::npos)) return;
    throw InputError((file.parent_path() / "tokenizer_config.json").string() + ", key \"legacy\"",
                     fmt::format("is false, and a text holds {}: versions of transformers make different ids of that",
                                 special ? text.substr(special->begin, special->length) : "U+2581"),
                     "take it out of the task's texts, or set legacy to true if the model was trained so");
  }

  // Without </s>, unless the text has it.
  TokenIds ids_of(std::string_view text) const {
    TokenIds ids;
    // Special tokens are cut out first; the text beside them loses its spaces at the cut.
    bool after_special = false;
    for (std::size_t from = 0; from <= text.size();) {
      const auto special = next_special(text, from);
      refuse_where_versions_differ(text, special);
      std::string_view between = text.substr(from, special ? special->begin - from : std::string_view::npos);
      if (after_special) between = strip_left(between);
      if (special) between = strip_right(between);
      append(ids, between);
      if (!special) break;
      ids.push_back(special->id);
      after_special = true;
      from = special->begin + special->length;
    }
    return ids;
  }

  void append(TokenIds& ids, std::string_view text) const {
    if (text.empty()) return;
    std::vector<int> found;
    if (const auto status = pieces.Encode({text.data(), text.size()}, &found); !status.ok())
      throw InputError(file.string(), "cannot tokenize a text: " + status.ToString());
    ids.insert(ids.end(), found.begin(), found.end());
  }
};

T5Tokenizer::T5Tokenizer(const std::filesystem::path& directory) : state_(std::make_unique<State>()) {
  state_->file = file_in(directory);
  state_->settings = read_t5_tokenizer_settings(directory);
  if (!std::filesystem::exists(state_->file))
    throw InputError(state_->file.string(), "is missing",
                     "download the model's spiece.model or tokenizer.json into this directory");
  const std::string model = read_file(state_->file, largest_model);
  check_sentencepiece_model(model, state_->file.string());
  if (const auto status = state_->pieces.LoadFromSerializedProto({model.data(), model.size()}); !status.ok())
    throw InputError(state_->file.string(), "is not a sentencepiece model: " + status.ToString(), published);
  for (const auto& [id, piece] : {std::pair(pad, "<pad>"), std::pair(end, "</s>"), std::pair(unknown, "<unk>")})
    if (id >= state_->pieces.GetPieceSize() || state_->pieces.IdToPiece(id) != piece)
      throw InputError(state_->file.string(),
                       fmt::format("is not a tokenizer of T5: its piece {} is not {}", id, piece), published);
  refuse_added_tokens(directory, [&](std::string_view token) { return state_->special_id(token); },
                      {.pieces = state_->pieces.GetPieceSize(),
                       .extra_ids = state_->settings.extra_ids,
                       .text = [&](int id) { return state_->pieces.IdToPiece(id); },
                       .score = [&](int id) { return state_->pieces.GetScore(id); },
                       .character_map = std::string(character_map_of(model)),
                       .has_bytes = state_->has_bytes()});
}

T5Tokenizer::~T5Tokenizer() = default;
T5Tokenizer::T5Tokenizer(T5Tokenizer&&) noexcept = default;
T5Tokenizer& T5Tokenizer::operator=(T5Tokenizer&&) noexcept = default;

std::filesystem::path T5Tokenizer::file_in(const std::filesystem::path& directory) {
  return directory / "spiece.model";
}

TokenIds T5Tokenizer::encode(std::string_view text) const { return encode(text, t5_longest_sequence); }

Tokenizer::Pair T5Tokenizer::encode_pair(std::string_view source, std::string_view target) const {
  Pair pair;
  const auto encode_one = [&](std::string_view text, std::size_t& length) {
    TokenIds ids = state_->ids_of(text);
    length = ids.size() + (ends(ids) ? 0 : 1);
    return cut_and_ended(std::move(ids), t5_longest_sequence);
  };
  pair.source = encode_one(source, pair.source_length);
  pair.target = encode_one(target, pair.target_length);
  return pair;
}

TokenIds T5Tokenizer::encode(std::string_view text, std::size_t max_length) const {
  return cut_and_ended(state_->ids_of(text), max_length);
}

std::string T5Tokenizer::decode(std::span<const std::int32_t> ids) const {
  std::vector<std::string> pieces;
  for (const std::int32_t id : ids)
    if (std::optional<std::string> piece = state_->piece(id)) pieces.push_back(std::move(*piece));
  std::string joined;
  if (const auto status = state_->pieces.Decode(pieces, &joined); !status.ok())
    throw InternalError("sentencepiece cannot join pieces: " + status.ToString());
  std::string text(strip_right(strip_left(joined)));
  if (state_->settings.clean_up) clean_up_spaces(text);
  return text;
}

TokenIds T5Tokenizer::stop_ids() const { return {end}; }

std::string T5Tokenizer::bytes_of(std::int32_t id) const {
  std::string text = state_->piece(id).value_or("");
  constexpr std::string_view space = "\u2581";
  for (std::size_t at = 0; (at = text.find(space, at)) != std::string::npos; ++at) text.replace(at, space.size(), " ");
  return text;
}

std::optional<std::int32_t> T5Tokenizer::special_token(std::string_view text) const { return state_->special_id(text); }

void T5Tokenizer::refuse_other_tokens(const std::filesystem::path& adapter) const {
  const std::filesystem::path own = adapter / state_->file.filename();
  if (is_there(own) && read_file(own, largest_model) != read_file(state_->file, largest_model))
    throw InputError(own.string(), "is another than the base model's: the adapter was trained on other tokens",
                     "leave this adapter out, or use the base model that it was trained on");
  refuse_tokens_of_adapter(adapter, state_->file.parent_path(),
                           [&](std::string_view token) { return state_->special_id(token); });
}

int T5Tokenizer::vocabulary() const { return state_->vocabulary(); }
std::vector<std::filesystem::path> T5Tokenizer::files() const { return {state_->file}; }

std::string T5Tokenizer::settings() const {
  const T5TokenizerSettings usual;
  std::string unusual;
  if (state_->settings.extra_ids != usual.extra_ids) unusual = fmt::format("extra_ids {}", state_->settings.extra_ids);
  if (state_->settings.clean_up != usual.clean_up) unusual += unusual.empty() ? "no clean-up" : ", no clean-up";
  return unusual;
}

}  // namespace lorasweep
