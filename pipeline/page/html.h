// SPDX-License-Identifier: Apache-2.0
// The words of HTML that the sections of a report are made of. Every text of a file goes through escaped().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// For the content of elements and for attribute values in double quotes. NUL, other control characters and bytes that
/// are not UTF-8 become U+FFFD; line breaks and tabs stay.
std::string escaped(std::string_view text);

/// The same, kept apart from the writing direction of what is around it, and at most `most` characters of it.
std::string name_html(std::string_view text);
std::string cut_html(std::string_view text, std::size_t most);

/// "text" as one word of a shell.
std::string shell_word(std::string_view text);

/// A table that scrolls sideways where it is too wide, with buttons in its heads that sort it.
class HtmlTable {
 public:
  enum class Kind { text, number };
  struct Head {
    std::string html;
    Kind kind = Kind::number;
    std::string title = "";  ///< what it means, as text; may be empty
  };
  struct Cell {
    std::string html;
    std::string sort = "";   ///< what it is sorted by, where that is not its text
    std::string kind = "";   ///< a class of the style sheet
    std::string title = "";  ///< as text
  };

  HtmlTable(std::string caption, std::vector<Head> heads) : caption_(std::move(caption)), heads_(std::move(heads)) {}
  /// The first cell is the head of its row.
  void add(std::vector<Cell> row, const std::string& attributes = "");
  void add_total(std::vector<Cell> row);
  std::size_t rows() const { return rows_; }
  /// `kind`: more classes of the style sheet.
  std::string html(const std::string& kind = "") const;

 private:
  std::string row_html(const std::vector<Cell>& row, const std::string& attributes) const;
  std::string caption_;
  std::vector<Head> heads_;
  std::string body_, totals_;
  std::size_t rows_ = 0;
};

}  // namespace lorasweep
