// SPDX-License-Identifier: Apache-2.0
// A table of texts, laid out for a terminal, for Markdown and for LaTeX.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lorasweep {

enum class Align { left, right };

struct TextTable {
  struct Column {
    std::string head;
    Align align = Align::right;
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;    ///< a cell a column
  std::vector<std::vector<std::string>> totals;  ///< below a rule
};

/// Each ends with a newline. Texts may hold anything: what a form would take for its own signs is escaped, and line
/// breaks and other control characters become spaces.
std::string as_text(const TextTable& table);
std::string as_markdown(const TextTable& table);
/// A tabular of the booktabs package.
std::string as_latex(const TextTable& table);

}  // namespace lorasweep
