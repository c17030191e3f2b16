// SPDX-License-Identifier: Apache-2.0
// Scans TOML text for keys with too many dots, without parsing it.
#include "pipeline/config/toml_depth.h"

#include <algorithm>
#include <cstddef>

namespace lorasweep {
namespace {

constexpr std::string_view delimiters = "=,{}[]\n";

// Where the text or comment that begins at `at` ends. Texts of several lines may end with quotes of their own, up to
// two.
std::size_t end_of_text(std::string_view toml, std::size_t at) {
  const char quote = toml[at];
  const bool is_long = toml.substr(at, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''");
  std::size_t end = at + (is_long ? 3 : 1);
  for (; end < toml.size(); ++end) {
    if (toml[end] == '\\' && quote == '"') {
      ++end;
    } else if (is_long && toml.substr(end, 3) == toml.substr(at, 3)) {
      end += 3;
      for (int more = 0; more < 2 && end < toml.size() && toml[end] == quote; ++more) ++end;
      return end;
    } else if (!is_long && (toml[end] == quote || toml[end] == '\n')) {
      return toml[end] == quote ? end + 1 : end;
    }
  }
  return toml.size();
}

}  // namespace

unsigned first_line_with_too_many_dots(std::string_view toml) {
  int dots = 0;  // since the last delimiter: those of a key, or the one of a number
  std::size_t at = 0;
  while (at < toml.size()) {
    const char c = toml[at];
    if (c == '"' || c == '\'') {
      at = end_of_text(toml, at);
      continue;
    }
    if (c == '#') {
      at = std::min(toml.find('\n', at), toml.size());
      continue;
    }
    if (delimiters.find(c) != std::string_view::npos) dots = 0;
    if (c == '.' && ++dots > most_dots_of_a_key)
      return 1 + static_cast<unsigned>(std::count(toml.begin(), toml.begin() + at, '\n'));
    ++at;
  }
  return 0;
}

}  // namespace lorasweep
