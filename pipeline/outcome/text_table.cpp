// SPDX-License-Identifier: Apache-2.0
// Pads, and escapes what each form takes for its own signs.
#include "pipeline/outcome/text_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <string_view>

namespace lorasweep {
namespace {

std::size_t letters(const std::string& utf8) {
  return std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; });
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

std::string in_markdown(const std::string& text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (std::string_view("\\`*_[]<>|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string in_latex(const std::string& text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (c == '\\')
      out += "\\textbackslash{}";
    else if (c == '~')
      out += "\\textasciitilde{}";
    else if (c == '^')
      out += "\\textasciicircum{}";
    else if (c == '<')
      out += "\\textless{}";
    else if (c == '>')
      out += "\\textgreater{}";
    else if (std::string_view("&%$#_{}").find(c) != std::string_view::npos)
      out += std::string("\\") + c;
    else
      out += c;
  }
  return out;
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::string room(width > letters(text) ? width - letters(text) : 0, ' ');
  return align == Align::left ? text + room : room + text;
}

std::vector<std::string> heads(const TextTable& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.head);
  return names;
}

template <typename Use>
void for_each_row(const TextTable& table, const Use& use) {
  for (const auto& row : table.rows) use(row);
  for (const auto& row : table.totals) use(row);
}

std::vector<std::string> mapped(const std::vector<std::string>& row,
                                const std::function<std::string(std::string)>& by) {
  std::vector<std::string> out;
  std::ranges::transform(row, std::back_inserter(out), by);
  return out;
}

}  // namespace

std::string as_text(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(letters(column.head));
  for_each_row(table, [&](const auto& row) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], letters(row[c]));
  });
  std::size_t total = widths.empty() ? 0 : 2 * (widths.size() - 1);
  for (const std::size_t width : widths) total += width;
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text;
    for (std::size_t c = 0; c < row.size(); ++c)
      text += (c == 0 ? "" : "  ") + padded(one_line(row[c]), widths[c], table.columns[c].align);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  const std::string rule = std::string(total, '-') + "\n";
  std::string text = line(heads(table)) + rule;
  for (const auto& row : table.rows) text += line(row);
  if (!table.totals.empty()) text += rule;
  for (const auto& row : table.totals) text += line(row);
  return text;
}

std::string as_markdown(const TextTable& table) {
  const auto line = [](const std::vector<std::string>& row) {
    return fmt::format("| {} |\n", fmt::join(mapped(row, in_markdown), " | "));
  };
  std::string text = line(heads(table));
  for (const auto& column : table.columns) text += column.align == Align::left ? "| :--- " : "| ---: ";
  text += "|\n";
  for_each_row(table, [&](const auto& row) { text += line(row); });
  return text;
}

std::string as_latex(const TextTable& table) {
  const auto line = [](const std::vector<std::string>& row) {
    return fmt::format("{} \\\\\n", fmt::join(mapped(row, in_latex), " & "));
  };
  std::string text = "\\begin{tabular}{";
  for (const auto& column : table.columns) text += column.align == Align::left ? "l" : "r";
  text += "}\n\\toprule\n" + line(heads(table)) + "\\midrule\n";
  for (const auto& row : table.rows) text += line(row);
  if (!table.totals.empty()) text += "\\midrule\n";
  for (const auto& row : table.totals) text += line(row);
  return text + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace lorasweep
