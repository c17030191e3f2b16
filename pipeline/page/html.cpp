// SPDX-License-Identifier: Apache-2.0
#include "pipeline/page/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace lorasweep {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

// The character at the start of `text`, which is not empty; nothing where it is not UTF-8.
std::optional<Character> character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return Character{first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return std::nullopt;
  std::uint32_t code = first & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  return Character{code, bytes};
}

bool may_stand(std::uint32_t code) {
  const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool is_no_character = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  return code == '\n' || code == '\t' || (!is_control && !is_no_character);
}

std::string_view entity_of(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

std::string escaped_up_to(std::string_view text, std::size_t most, bool& cut) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    if (characters == most) {
      cut = true;
      break;
    }
    const auto character = character_at(text.substr(at));
    const std::size_t bytes = character ? character->bytes : 1;
    if (!character || !may_stand(character->code))
      out += replacement;
    else if (const auto entity = entity_of(text[at]); !entity.empty())
      out += entity;
    else
      out += text.substr(at, bytes);
    at += bytes;
  }
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  bool cut = false;
  return escaped_up_to(text, text.size(), cut);
}

std::string name_html(std::string_view text) { return "<bdi>" + escaped(text) + "</bdi>"; }

std::string cut_html(std::string_view text, std::size_t most) {
  bool cut = false;
  const std::string shown = escaped_up_to(text, most, cut);
  return "<bdi>" + shown + (cut ? "<span class=\"cut\" title=\"cut here\"> …</span>" : "") + "</bdi>";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,+@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

void HtmlTable::add(std::vector<Cell> row, const std::string& attributes) {
  body_ += row_html(row, attributes);
  ++rows_;
}

void HtmlTable::add_total(std::vector<Cell> row) { totals_ += row_html(row, ""); }

std::string HtmlTable::row_html(const std::vector<Cell>& row, const std::string& attributes) const {
  std::string text = "<tr" + attributes + ">";
  for (std::size_t c = 0; c < row.size(); ++c) {
    const Cell& cell = row[c];
    std::string kind = cell.kind;
    if (heads_[c].kind == Kind::number) kind += kind.empty() ? "n" : " n";
    text += c == 0 ? "<th scope=\"row\"" : "<td";
    if (!kind.empty()) text += " class=\"" + kind + "\"";
    if (!cell.sort.empty()) text += " data-s=\"" + escaped(cell.sort) + "\"";
    if (!cell.title.empty()) text += " title=\"" + escaped(cell.title) + "\"";
    text += ">" + cell.html + (c == 0 ? "</th>" : "</td>");
  }
  return text + "</tr>\n";
}

std::string HtmlTable::html(const std::string& kind) const {
  std::string text = fmt::format(
      "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\"><table class=\"sortable {1}\">"
      "<caption>{0}</caption><thead><tr>",
      escaped(caption_), kind);
  for (const Head& head : heads_)
    text += fmt::format("<th scope=\"col\" class=\"{}\"{}>{}</th>", head.kind == Kind::number ? "n" : "t",
                        head.title.empty() ? "" : " title=\"" + escaped(head.title) + "\"", head.html);
  text += "</tr></thead>\n<tbody>\n" + body_ + "</tbody>\n";
  if (!totals_.empty()) text += "<tfoot>\n" + totals_ + "</tfoot>\n";
  return text + "</table></div>\n";
}

}  // namespace lorasweep
