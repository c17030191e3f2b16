// SPDX-License-Identifier: Apache-2.0
// Here a tokenizer is registered: an overload of each for the configuration of its family.
#include "data/tokenizer/make_tokenizer.h"

#include "data/tokenizer/causal_tokenizer.h"
#include "data/tokenizer/t5_json_tokenizer.h"
#include "data/tokenizer/t5_tokenizer.h"

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Tokenizer> make(const T5Config&, const fs::path& directory) {
  // spiece.model decides where it is there; transformers 5 writes tokenizer.json alone.
  if (!fs::exists(T5Tokenizer::file_in(directory)) && fs::exists(T5JsonTokenizer::file_in(directory)))
    return std::make_unique<T5JsonTokenizer>(directory);
  return std::make_unique<T5Tokenizer>(directory);
}

bool is_there(const T5Config&, const fs::path& directory) {
  return fs::exists(T5Tokenizer::file_in(directory)) || fs::exists(T5JsonTokenizer::file_in(directory));
}

std::unique_ptr<Tokenizer> make(const CausalConfig& config, const fs::path& directory) {
  return std::make_unique<CausalTokenizer>(directory, config.end_tokens);
}

bool is_there(const CausalConfig&, const fs::path& directory) {
  return fs::exists(CausalTokenizer::file_in(directory));
}

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(const ModelConfig& config, const fs::path& directory) {
  return std::visit([&](const auto& of_family) { return make(of_family, directory); }, config);
}

bool has_tokenizer(const ModelConfig& config, const fs::path& directory) {
  return std::visit([&](const auto& of_family) { return is_there(of_family, directory); }, config);
}

}  // namespace lorasweep
