// SPDX-License-Identifier: Apache-2.0
// Replaces what would make a Python reader stop.
#include "data/results/plain_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace lorasweep {

std::string plain_text(std::string text) {
  const auto harmless = [](char c) { return static_cast<signed char>(c) > 0; };  // ASCII but NUL
  if (std::ranges::all_of(text, harmless)) return text;
  // The JSON library knows UTF-8: what it writes with replacements, it reads back whole.
  using Json = nlohmann::json;
  const auto valid = Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
  std::string plain;
  for (const char c : valid) {
    if (c == '\0')
      plain += "\xef\xbf\xbd";
    else
      plain += c;
  }
  return plain;
}

}  // namespace lorasweep
