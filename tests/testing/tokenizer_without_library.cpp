// SPDX-License-Identifier: Apache-2.0
// T5Tokenizer for builds of the engine alone: the tests' own tokenizer in its place.
#include "data/model/t5_config.h"
#include "data/tokenizer/t5_tokenizer.h"
#include "tests/testing/unigram_tokenizer.h"

namespace lorasweep {

struct T5Tokenizer::State {
  explicit State(const std::filesystem::path& directory) : file(directory / "tokenizer.json"), unigram(directory) {}
  std::filesystem::path file;
  UnigramTokenizer unigram;
};

T5Tokenizer::T5Tokenizer(const std::filesystem::path& directory) : state_(std::make_unique<State>(directory)) {}
T5Tokenizer::~T5Tokenizer() = default;
T5Tokenizer::T5Tokenizer(T5Tokenizer&&) noexcept = default;
T5Tokenizer& T5Tokenizer::operator=(T5Tokenizer&&) noexcept = default;

TokenIds T5Tokenizer::encode(std::string_view text) const { return encode(text, t5_longest_sequence); }
Tokenizer::Pair T5Tokenizer::encode_pair(std::string_view source, std::string_view target) const {
  return {encode(source), encode(target), state_->unigram.encode(source).size(), state_->unigram.encode(target).size()};
}

TokenIds T5Tokenizer::encode(std::string_view text, std::size_t max_length) const {
  TokenIds ids = state_->unigram.encode(text);
  if (ids.size() > max_length) {
    const std::int32_t end = ids.back();
    ids.resize(max_length);
    if (max_length > 0) ids.back() = end;
  }
  return ids;
}
std::string T5Tokenizer::decode(std::span<const std::int32_t> ids) const { return state_->unigram.decode(ids); }
int T5Tokenizer::vocabulary() const { return state_->unigram.vocabulary(); }
std::vector<std::filesystem::path> T5Tokenizer::files() const { return {state_->file}; }
std::string T5Tokenizer::settings() const { return ""; }

// Nobody stops an engine's answers by their text here.
TokenIds T5Tokenizer::stop_ids() const { return {1}; }
std::string T5Tokenizer::bytes_of(std::int32_t id) const { return decode({&id, 1}); }
std::optional<std::int32_t> T5Tokenizer::special_token(std::string_view) const { return std::nullopt; }
void T5Tokenizer::refuse_other_tokens(const std::filesystem::path&) const {}

}  // namespace lorasweep
