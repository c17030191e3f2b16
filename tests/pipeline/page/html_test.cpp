// SPDX-License-Identifier: Apache-2.0
// Whatever a text holds, it stays a text.
#include "pipeline/page/html.h"

#include "pipeline/page/svg.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {
namespace {

using namespace std::string_view_literals;

TEST(Escaped, TakesNoSignForMarkup) {
  EXPECT_EQ(escaped("<script>\"a\" & 'b'</script>"), "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
}

TEST(Escaped, ReplacesWhatNoPageMayHold) {
  EXPECT_EQ(escaped("a\0b"sv), "a\uFFFDb");
  EXPECT_EQ(escaped("a\x1b[0m\x7f"), "a\uFFFD[0m\uFFFD");
  EXPECT_EQ(escaped("\xC2\x9B"), "\uFFFD");      // a control character of two bytes
  EXPECT_EQ(escaped("\xEF\xBF\xBF"), "\uFFFD");  // U+FFFF is no character
  EXPECT_EQ(escaped("two\nlines\tand more"), "two\nlines\tand more");
}

TEST(Escaped, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(escaped("\xFF\xC3"), "\uFFFD\uFFFD");
  EXPECT_EQ(escaped("\xC0\xBC"), "\uFFFD\uFFFD");            // '<' in two bytes
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // half a surrogate
  EXPECT_EQ(escaped("\xE2\x82"), "\uFFFD\uFFFD");            // cut short
  EXPECT_EQ(escaped("\u00e9 \u05d0 \U0001F600"), "\u00e9 \u05d0 \U0001F600");
}

TEST(NameHtml, KeepsTheDirectionOfWhatIsAround) { EXPECT_EQ(name_html("\u202Eabc"), "<bdi>\u202Eabc</bdi>"); }

TEST(CutHtml, CountsCharactersAndSaysThatItCut) {
  EXPECT_EQ(cut_html("\u00e9\u00e9", 2), "<bdi>\u00e9\u00e9</bdi>");
  EXPECT_THAT(cut_html("\u00e9<\u00e9", 2), testing::StartsWith("<bdi>\u00e9&lt;<span"));
}

TEST(ShellWord, IsOneWordToAShell) {
  EXPECT_EQ(shell_word("--set=a.b/c"), "--set=a.b/c");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
}

TEST(HtmlTable, EscapesCaptionSortAndTitle) {
  HtmlTable table("<b>", {{"name", HtmlTable::Kind::text}, {"value"}});
  table.add({{name_html("<i>")}, {"1", "\"", "", "<u>"}});
  const std::string html = table.html();
  for (const char* tag : {"<b>", "<i>", "<u>"}) EXPECT_THAT(html, testing::Not(testing::HasSubstr(tag)));
  EXPECT_THAT(html, testing::HasSubstr("data-s=\"&quot;\""));
  EXPECT_THAT(html, testing::HasSubstr("<th scope=\"row\">"));
}

TEST(Scale, HoldsValuesInsideOfItsAxis) {
  const Scale linear{0, 10, 100, 200};
  EXPECT_DOUBLE_EQ(linear(5), 150);
  EXPECT_DOUBLE_EQ(linear(11), 200);
  const Scale logarithmic{0.01, 100, 0, 4, true};
  EXPECT_DOUBLE_EQ(logarithmic(1), 2);
  EXPECT_DOUBLE_EQ(logarithmic(-1), 0);
  EXPECT_DOUBLE_EQ((Scale{3, 3, 0, 10}(3)), 5);
}

TEST(RoundTicks, AreRoundAndInside) {
  EXPECT_THAT(round_ticks(0, 1, 6),
              testing::Pointwise(testing::DoubleNear(1e-12), std::vector{0.0, 0.2, 0.4, 0.6, 0.8, 1.0}));
  EXPECT_THAT(round_ticks(7, 7, 5), testing::ElementsAre(7));
}

}  // namespace
}  // namespace lorasweep
