// SPDX-License-Identifier: Apache-2.0
// Cells of lines, and what the columns say.
#include "pipeline/weights/csv_rows.h"

#include "data/core/error.h"
#include "data/tasks/unicode_text.h"
#include "pipeline/weights/row_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace lorasweep {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t most_cells = 64;  // of a line: more is no such table

// Reads the text cell by cell; knows the line that it is in.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  bool at_end() const { return at_ == text_.size(); }
  std::string place() const { return fmt::format("{}:{}", file_, line_of_row_); }

  /// The next line's cells; one empty cell for a blank line.
  std::vector<std::string> row() {
    line_of_row_ = line_;
    std::vector<std::string> cells;
    do {
      if (cells.size() == most_cells)
        throw InputError(place(), fmt::format("the line has more than {} cells", most_cells),
                         "separate rows by newlines");
      cells.push_back(cell());
    } while (take(','));
    if (take('\r') && !at_end() && text_[at_] != '\n') refuse("a carriage return within a line");
    if (take('\n'))
      ++line_;
    else if (!at_end())
      refuse("text after a quoted cell");
    return cells;
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw InputError(fmt::format("{}:{}", file_, line_), problem,
                     "a cell with a comma, a quote or a newline stands in quotes, and a quote in it twice");
  }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string cell() {
    if (take('"')) return quoted();
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string plain(text_.substr(at_, end - at_));
    if (plain.find('"') != std::string::npos) refuse("a quote within a cell that does not begin with one");
    at_ = end;
    return plain;
  }
  std::string quoted() {
    std::string inside;
    for (;;) {
      if (at_end()) refuse("a quoted cell does not end");
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"')
        inside += c;
      else if (take('"'))
        inside += '"';
      else
        return inside;
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0, line_ = 1, line_of_row_ = 1;
};

// Where each of row_keys stands.
struct Columns {
  std::array<std::optional<std::size_t>, row_keys.size()> place_of;
  std::size_t count = 0;

  std::string cell(std::string_view key, const std::vector<std::string>& cells) const {
    const auto& place = place_of[std::ranges::find(row_keys, key) - row_keys.begin()];
    return place ? cells[*place] : "";
  }
};

Columns read_header(const std::vector<std::string>& cells, const std::string& where) {
  std::map<std::string, std::size_t> places;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    require_row_key(cells[c], where);
    if (!places.emplace(cells[c], c).second)
      throw InputError(where, fmt::format("the header has the column {} twice", cells[c]), "remove one");
  }
  Columns columns{.place_of = {}, .count = cells.size()};
  for (std::size_t k = 0; k < row_keys.size(); ++k) {
    const auto place = places.find(std::string(row_keys[k]));
    if (place != places.end())
      columns.place_of[k] = place->second;
    else if (row_keys[k] != place_key)
      throw InputError(where, fmt::format("the header has no column {}", row_keys[k]),
                       "begin the file with the line task,seed,adapter,weight");
  }
  return columns;
}

}  // namespace

WeightRows parse_csv_rows(std::string_view text, const std::string& file) {
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos)
    throw InputError(file, "is not UTF-8 text", "save it as CSV in UTF-8");
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  CsvReader reader(text, file);
  std::optional<Columns> columns;
  WeightRows rows;
  while (!reader.at_end()) {
    const std::vector<std::string> cells = reader.row();
    if (cells.size() == 1 && cells[0].empty()) continue;
    if (!columns) {
      columns = read_header(cells, reader.place());
      continue;
    }
    if (cells.size() != columns->count)
      throw InputError(reader.place(), fmt::format("has {} cells under {} columns", cells.size(), columns->count),
                       "write a cell for every column of the first line; an empty cell means all");
    require_room_for_row(rows.rows.size(), file);
    rows.rows.push_back({.task = columns->cell("task", cells),
                         .seed = seed_of_text(columns->cell("seed", cells), reader.place()),
                         .adapter = columns->cell("adapter", cells),
                         .place = columns->cell(place_key, cells),
                         .weight = weight_of_text(columns->cell("weight", cells), reader.place()),
                         .where = reader.place()});
  }
  if (!columns) throw InputError(file, "is empty", "begin the file with the line task,seed,adapter,weight");
  return rows;
}

}  // namespace lorasweep
