// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/causal_tokenizer.h"

#include "data/core/error.h"
#include "data/tokenizer/causal_adapter_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace lorasweep {

std::filesystem::path CausalTokenizer::file_in(const std::filesystem::path& directory) {
  return JsonTokenizer::file_in(directory);
}

CausalTokenizer::CausalTokenizer(const std::filesystem::path& directory, const TokenIds& model_ends)
    : file_(file_in(directory)),
      tokenizer_(JsonTokenizer::of_directory(directory)),
      settings_(read_causal_tokenizer_settings(directory, tokenizer_)),
      stop_ids_(model_ends) {
  if (!tokenizer_.around().after.empty())
    throw InputError(file_.string() + ", part post_processor",
                     "puts a token behind a text: no completion could follow a prompt",
                     "use the tokenizer files that were published with the model");
  stop_ids_.push_back(settings_.end);
  std::ranges::sort(stop_ids_);
  stop_ids_.erase(std::unique(stop_ids_.begin(), stop_ids_.end()), stop_ids_.end());
}

TokenIds CausalTokenizer::encode(std::string_view text) const {
  const TokenIds& before = tokenizer_.around().before;
  TokenIds ids = tokenizer_.ids_of(text);
  const bool has_them = ids.size() >= before.size() && std::ranges::equal(before, std::span(ids).first(before.size()));
  if (!has_them) ids.insert(ids.begin(), before.begin(), before.end());
  return ids;
}

Tokenizer::Pair CausalTokenizer::encode_pair(std::string_view source, std::string_view target) const {
  const TokenIds prompt = encode(source);
  TokenIds both = encode(std::string(source).append(target));
  both.push_back(settings_.end);
  const auto refuse = [&](const char* problem, const char* remedy) {
    throw InputError("a prompt of " + file_.string(), problem, remedy);
  };
  if (prompt.empty())
    refuse("is empty, and the tokenizer puts nothing in front: no token is there to predict the first one from",
           "put a text into tasks.prompt");
  if (prompt.size() >= both.size())
    refuse("has more tokens than it has together with its completion: nothing is left to predict",
           "end the prompt with a line break, and begin the completion with a letter");
  Pair pair;
  pair.source_is_prefix = std::ranges::equal(prompt, std::span(both).first(prompt.size()));
  pair.source.assign(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(prompt.size()));
  pair.target.assign(both.begin() + static_cast<std::ptrdiff_t>(prompt.size()), both.end());
  pair.source_length = pair.source.size();
  pair.target_length = pair.target.size();
  return pair;
}

std::string CausalTokenizer::decode(std::span<const std::int32_t> ids) const { return tokenizer_.text_of(ids); }
TokenIds CausalTokenizer::stop_ids() const { return stop_ids_; }
std::string CausalTokenizer::bytes_of(std::int32_t id) const { return tokenizer_.bytes_of(id); }
std::optional<std::int32_t> CausalTokenizer::special_token(std::string_view text) const {
  return tokenizer_.special_id(text);
}
void CausalTokenizer::refuse_other_tokens(const std::filesystem::path& adapter) const {
  refuse_other_causal_tokens(adapter, file_.parent_path(), tokenizer_);
}
int CausalTokenizer::vocabulary() const { return tokenizer_.vocabulary(); }
std::vector<std::filesystem::path> CausalTokenizer::files() const { return {file_}; }
std::string CausalTokenizer::settings() const {
  return fmt::format("read literally, no clean-up, end token {}", settings_.end);
}

}  // namespace lorasweep
