// SPDX-License-Identifier: Apache-2.0
// UTF-8, white space and lower case, against Python's answers.
#include "data/tasks/unicode_text.h"

#include <gtest/gtest.h>

#include <string>

namespace lorasweep {
namespace {

TEST(UnicodeText, DecodesEveryLength) {
  EXPECT_EQ(code_points("a\u00e9\u20ac\U0001F600"), U"a\u00e9\u20ac\U0001F600");
  EXPECT_EQ(code_points(""), U"");
}

TEST(UnicodeText, RefusesWhatIsNotUtf8) {
  EXPECT_TRUE(is_utf8("caf\u00e9 \U0010FFFF"));
  for (const char* bytes : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",
                            "\xe2\x82", "\xc3(", "\xf0\x8f\xbf\xbf"})
    EXPECT_FALSE(is_utf8(bytes)) << testing::PrintToString(std::string(bytes));
}

TEST(UnicodeText, KeepsBrokenBytesDistinct) {
  EXPECT_EQ(code_points("a\xff\x80z"), (std::u32string{U'a', char32_t{0xDCFF}, char32_t{0xDC80}, U'z'}));
}

TEST(UnicodeText, LowersAsPythonDoes) {
  const std::u32string capitals =
      U"AZ\u00c0\u00d6\u00d8\u00de\u0100\u0136\u0139\u0147\u014a\u0176\u0178\u0179\u017d\u0218\u021a"
      U"\u0386\u0388\u038a\u038c\u038e\u038f\u0391\u03a1\u03a3\u03ab\u0400\u040f\u0410\u042f";
  const std::u32string small =
      U"az\u00e0\u00f6\u00f8\u00fe\u0101\u0137\u013a\u0148\u014b\u0177\u00ff\u017a\u017e\u0219\u021b"
      U"\u03ac\u03ad\u03af\u03cc\u03cd\u03ce\u03b1\u03c1\u03c3\u03cb\u0450\u045f\u0430\u044f";
  ASSERT_EQ(capitals.size(), small.size());
  for (std::size_t i = 0; i < capitals.size(); ++i) {
    EXPECT_EQ(lower(capitals[i]), small[i]) << std::hex << static_cast<unsigned>(capitals[i]);
    EXPECT_EQ(lower(small[i]), small[i]);
  }
}

TEST(UnicodeText, LeavesWhatHasNoCase) {
  for (const char32_t c : std::u32string(U"1_[\u00d7\u00f7\u00df\u0131\u0138\u0149\u017f\u03a2\u4e00"))
    EXPECT_EQ(lower(c), c);
}

TEST(UnicodeText, KnowsWhiteSpaceAsPythonDoes) {
  for (const char32_t c :
       std::u32string(U" \t\n\v\f\r\u001c\u001f\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"))
    EXPECT_TRUE(is_space(c)) << std::hex << static_cast<unsigned>(c);
  for (const char32_t c : std::u32string(U"a\b\u001b!\u200b\ufeff")) EXPECT_FALSE(is_space(c));
}

}  // namespace
}  // namespace lorasweep
