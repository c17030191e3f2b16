// SPDX-License-Identifier: Apache-2.0
// Here a tokenizer is registered: an overload of each for the configuration of its family.
#include "data/tokenizer/make_tokenizer.h"

#include "data/core/error.h"
#include "data/tokenizer/t5_tokenizer.h"

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Tokenizer> make(const T5Config&, const fs::path& directory) {
  return std::make_unique<T5Tokenizer>(directory);
}

bool is_there(const T5Config&, const fs::path& directory) { return fs::exists(T5Tokenizer::file_in(directory)); }

// Tokenizers of decoder-only models are not read yet; who only looks at a directory is told that there is none.
std::unique_ptr<Tokenizer> make(const CausalConfig& config, const fs::path& directory) {
  throw InputError((directory / "tokenizer.json").string(),
                   "is the tokenizer of a " + config.model_type + " model, which this version does not read",
                   "choose a T5 model");
}

bool is_there(const CausalConfig&, const fs::path&) { return false; }

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(const ModelConfig& config, const fs::path& directory) {
  return std::visit([&](const auto& of_family) { return make(of_family, directory); }, config);
}

bool has_tokenizer(const ModelConfig& config, const fs::path& directory) {
  return std::visit([&](const auto& of_family) { return is_there(of_family, directory); }, config);
}

}  // namespace lorasweep
