// SPDX-License-Identifier: Apache-2.0
// Reads a list of names as people make it: on any system, with remarks; and says what else it seems to be.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/foreign_content.h"
#include "pipeline/plan/adapter_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

namespace lorasweep {
namespace {

constexpr std::size_t most_list_bytes = 16u << 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? "" : text.substr(first, last - first + 1);
}

// "1. name", "2) name"
bool is_numbered(std::string_view name) {
  const std::size_t end = name.find_first_not_of("0123456789");
  return end > 0 && end + 1 < name.size() && (name[end] == '.' || name[end] == ')') && name[end + 1] == ' ';
}

// Programs of old Macs end lines with CR alone.
std::string with_line_feeds(std::string_view text) {
  std::string lines(text);
  if (text.find('\n') == std::string_view::npos) std::ranges::replace(lines, '\r', '\n');
  return lines;
}

// What a line is written in, if not as a plain name; empty: it is one.
std::string_view other_notation(std::string_view name) {
  if (std::string_view("[](){}\"'").find(name.front()) != std::string_view::npos || name.ends_with(','))
    return "a list of Python or JSON";
  if (name.find(", ") != std::string_view::npos) return "several names on one line";
  if (name.starts_with("- ")) return "a list of YAML";
  if (is_numbered(name)) return "a numbered list";
  if (name.find('\t') != std::string_view::npos) return "a table with tabs";
  if (name.find("://") != std::string_view::npos) return "an address";
  return "";
}

}  // namespace

std::vector<std::string> read_name_list(const std::filesystem::path& file) {
  const std::string text = read_file(file, most_list_bytes);
  if (!text.empty()) refuse_foreign_content(text, file.string());
  std::istringstream lines{with_line_feeds(without_byte_order_mark(text))};
  std::vector<std::string> names;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string_view name = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (name.empty()) continue;
    if (const std::string_view notation = other_notation(name); !notation.empty())
      throw InputError(fmt::format("{}:{}", file.string(), number), fmt::format("is {}: {}", notation, name),
                       "write one name a line, like org/name or the name of a folder below adapters.dir, without "
                       "brackets, quotes and commas");
    names.emplace_back(name);
  }
  if (names.empty()) throw InputError(file.string(), "names no adapter", "write one name a line");
  return names;
}

}  // namespace lorasweep
