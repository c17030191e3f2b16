// SPDX-License-Identifier: Apache-2.0
// Text as a cell of a CSV table.
#pragma once

#include <string>

namespace lorasweep {

/// In quotation marks where it must be (RFC 4180).
inline std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace lorasweep
