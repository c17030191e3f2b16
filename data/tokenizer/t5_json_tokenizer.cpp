// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/t5_json_tokenizer.h"

#include "data/core/error.h"
#include "data/model/t5_config.h"
#include "data/tokenizer/clean_up.h"
#include "data/tokenizer/t5_added_tokens.h"

#include <fmt/format.h>

namespace lorasweep {
namespace {

constexpr const char* published = "use the tokenizer files that were published with the model";
constexpr std::int32_t pad = 0, end = 1, unknown = 2;

}  // namespace

std::filesystem::path T5JsonTokenizer::file_in(const std::filesystem::path& directory) {
  return JsonTokenizer::file_in(directory);
}

T5JsonTokenizer::T5JsonTokenizer(const std::filesystem::path& directory)
    : file_(file_in(directory)),
      settings_(read_t5_tokenizer_settings(directory)),
      tokenizer_(JsonTokenizer::of_directory(directory)) {
  for (const auto& [id, token] : {std::pair(pad, "<pad>"), std::pair(end, "</s>"), std::pair(unknown, "<unk>")})
    if (tokenizer_.id_of(token) != id)
      throw InputError(file_.string(), fmt::format("is not a tokenizer of T5: its token {} is not {}", id, token),
                       published);
  if (!tokenizer_.around().before.empty() || tokenizer_.around().after != TokenIds{end})
    throw InputError(file_.string() + ", part post_processor", "does not append exactly </s> to a text", published);
  refuse_added_tokens(directory, [&](std::string_view token) -> std::optional<std::int32_t> {
    const AddedToken* added = tokenizer_.added_tokens().find(token);
    return added == nullptr ? std::nullopt : std::optional(added->id);
  });
}

TokenIds T5JsonTokenizer::encode(std::string_view text) const { return encode_pair(text, "").source; }

Tokenizer::Pair T5JsonTokenizer::encode_pair(std::string_view source, std::string_view target) const {
  Pair pair;
  const auto encode_one = [&](std::string_view text, std::size_t& length) {
    TokenIds ids = tokenizer_.ids_of(text);
    length = ids.size() + 1;
    if (length > t5_longest_sequence) ids.resize(t5_longest_sequence - 1);
    ids.push_back(end);
    return ids;
  };
  pair.source = encode_one(source, pair.source_length);
  pair.target = encode_one(target, pair.target_length);
  return pair;
}

std::string T5JsonTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text = tokenizer_.text_of(ids);
  if (settings_.clean_up) clean_up_spaces(text);
  return text;
}

TokenIds T5JsonTokenizer::stop_ids() const { return {end}; }
std::string T5JsonTokenizer::bytes_of(std::int32_t id) const { return tokenizer_.bytes_of(id); }
std::optional<std::int32_t> T5JsonTokenizer::special_token(std::string_view text) const {
  return tokenizer_.special_id(text);
}
int T5JsonTokenizer::vocabulary() const { return tokenizer_.vocabulary(); }
std::vector<std::filesystem::path> T5JsonTokenizer::files() const { return {file_}; }

std::string T5JsonTokenizer::settings() const {
  return settings_.clean_up ? "read literally" : "read literally, no clean-up";
}

}  // namespace lorasweep
