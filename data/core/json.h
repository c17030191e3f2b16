// SPDX-License-Identifier: Apache-2.0
// Strict, bounded reading of JSON that others wrote.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace lorasweep {

struct JsonLimits {
  std::size_t bytes = 64u << 20;
  int depth = 64;
};

/// Parses one JSON document. Refuses (InputError with `where` and line): text beyond the limits, invalid
/// UTF-8, duplicate keys, NaN/Infinity, lone surrogates, NUL characters, anything after the document. Keys
/// keep the order of the file.
nlohmann::ordered_json parse_json(std::string_view text, const std::string& where, JsonLimits limits = {});

}  // namespace lorasweep
