// SPDX-License-Identifier: Apache-2.0
// Spreads the ranges over a table of all code points (1.1 MB, when first needed): scanners ask for every character.
#include "data/tokenizer/json/unicode_classes.h"

#include <vector>

namespace lorasweep {
namespace {

constexpr char32_t points = 0x110000;

struct ClassRange {
  char32_t first, last;
  std::uint8_t classes;
};

constexpr ClassRange ranges[] = {
#include "data/tokenizer/json/unicode_classes.inc"
};

std::vector<std::uint8_t> spread() {
  std::vector<std::uint8_t> classes(points, unicode::other);
  for (const ClassRange& range : ranges)
    for (char32_t point = range.first; point <= range.last; ++point) {
      const bool one_of_the_four =
          (range.classes & (unicode::letter | unicode::number | unicode::mark | unicode::white_space)) != 0;
      classes[point] = static_cast<std::uint8_t>(range.classes | (one_of_the_four ? 0 : unicode::other));
    }
  return classes;
}

}  // namespace

std::uint8_t unicode_classes(char32_t point) {
  static const std::vector<std::uint8_t> classes = spread();
  return point < points ? classes[point] : unicode::other;
}

}  // namespace lorasweep
