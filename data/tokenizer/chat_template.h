// SPDX-License-Identifier: Apache-2.0
// The chat templates that a model was published with, as texts for people: they are programs, and nobody runs them
// here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

struct ChatTemplate {
  std::string name;  ///< "default" where it has none
  std::string text;
};

/// Of `directory`: chat_template.jinja, or else what tokenizer_config.json holds. None: the model has none. InputError
/// naming the file for one that cannot be read.
std::vector<ChatTemplate> chat_templates(const std::filesystem::path& directory);

}  // namespace lorasweep
