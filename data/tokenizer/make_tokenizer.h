// SPDX-License-Identifier: Apache-2.0
// The tokenizer of a model's family.
#pragma once

#include "data/model/model_config.h"
#include "data/tokenizer/tokenizer.h"

#include <filesystem>
#include <memory>

namespace lorasweep {

/// Reads the tokenizer that lies in a model's directory. InputError naming the file.
std::unique_ptr<Tokenizer> make_tokenizer(const ModelConfig& config, const std::filesystem::path& directory);

/// Does the directory have one?
bool has_tokenizer(const ModelConfig& config, const std::filesystem::path& directory);

}  // namespace lorasweep
