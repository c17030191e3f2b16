// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/chat_template.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <cstddef>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t largest_file = std::size_t{1} << 20, largest_config = std::size_t{16} << 20;

[[noreturn]] void refuse(const std::filesystem::path& file) {
  throw InputError(file.string() + ", key \"chat_template\"", "is neither a text nor a list of named texts",
                   "take tokenizer_config.json from where the model was published");
}

ChatTemplate named(const Json& entry, const std::filesystem::path& file) {
  const bool has_both =
      entry.is_object() && entry.value("name", Json()).is_string() && entry.value("template", Json()).is_string();
  if (!has_both) refuse(file);
  return {entry["name"], entry["template"]};
}

}  // namespace

std::vector<ChatTemplate> chat_templates(const std::filesystem::path& directory) {
  const std::filesystem::path alone = directory / "chat_template.jinja", file = directory / "tokenizer_config.json";
  if (is_there(alone)) return {{"default", read_file(alone, largest_file)}};
  if (!is_there(file)) return {};
  const Json config = parse_json(read_file(file, largest_config), file.string());
  const Json found = config.is_object() ? config.value("chat_template", Json()) : Json();
  if (found.is_null()) return {};
  if (found.is_string()) return {{"default", found}};
  if (!found.is_array()) refuse(file);
  std::vector<ChatTemplate> templates;
  for (const Json& entry : found) templates.push_back(named(entry, file));
  return templates;
}

}  // namespace lorasweep
