// SPDX-License-Identifier: Apache-2.0
// Cuts JSON Lines into documents and remembers the line of each.
#include "data/tasks/jsonl.h"

#include "data/core/error.h"
#include "data/core/foreign_content.h"
#include "data/core/json.h"

#include <algorithm>

namespace lorasweep {

void parse_jsonl(std::string_view text, const std::string& file,
                 const std::function<void(const nlohmann::ordered_json& document, const std::string& where)>& row) {
  if (!text.empty()) refuse_foreign_content(text, file);
  text = without_byte_order_mark(text);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;

    const std::string where = file + ":" + std::to_string(number);
    if (line.size() > jsonl_line_bytes)
      throw InputError(
          where,
          "the line has " + std::to_string(line.size()) + " bytes, more than " + std::to_string(jsonl_line_bytes),
          "one line is one example: shorten it");
    row(parse_json(line, where, {.bytes = jsonl_line_bytes}), where);
  }
}

}  // namespace lorasweep
