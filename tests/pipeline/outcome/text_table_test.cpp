// SPDX-License-Identifier: Apache-2.0
// One table, three layouts.
#include "pipeline/outcome/text_table.h"

#include <gmock/gmock.h>

namespace lorasweep {
namespace {

const TextTable table{
    {{"task", Align::left}, {"mean"}}, {{"a_b & 5%", "1.0"}, {"caf\u00e9|\n", "12.5"}}, {{"all", "6.8"}}};

TEST(TextTable, CountsLettersAndKeepsARowOnALine) {
  EXPECT_EQ(as_text(table),
            "task      mean\n"
            "--------------\n"
            "a_b & 5%   1.0\n"
            "caf\u00e9|     12.5\n"
            "--------------\n"
            "all        6.8\n");
}

TEST(TextTable, EscapesWhatMarkdownTakesForItsOwn) {
  EXPECT_EQ(as_markdown(table),
            "| task | mean |\n| :--- | ---: |\n| a\\_b & 5% | 1.0 |\n| caf\u00e9\\|  | 12.5 |\n| all | 6.8 |\n");
}

TEST(TextTable, EscapesWhatLatexTakesForItsOwn) {
  EXPECT_EQ(
      as_latex(table),
      "\\begin{tabular}{lr}\n\\toprule\ntask & mean \\\\\n\\midrule\na\\_b \\& 5\\% & 1.0 \\\\\ncaf\u00e9|  & 12.5 "
      "\\\\\n\\midrule\nall & 6.8 \\\\\n\\bottomrule\n\\end{tabular}\n");
}

}  // namespace
}  // namespace lorasweep
