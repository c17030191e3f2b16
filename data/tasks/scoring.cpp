// SPDX-License-Identifier: Apache-2.0
// Normalizes prediction and target alike, then compares them.
#include "data/tasks/scoring.h"

#include "data/tasks/unicode_text.h"

#include <algorithm>
#include <limits>
#include <string>

namespace lorasweep {
namespace {

std::u32string_view stripped(std::u32string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::u32string lowered(std::u32string_view text) {
  std::u32string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

/// Python's string.punctuation: all of ASCII that prints and is neither a letter, a digit nor a space.
bool is_punctuation(char32_t c) {
  constexpr std::u32string_view punctuation = U"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  return punctuation.find(c) != std::u32string_view::npos;
}

std::u32string normalized_lorahub(std::string_view text) {
  const std::u32string points = code_points(text);
  std::u32string result = lowered(stripped(points));
  std::erase(result, U'.');
  return result;
}

std::u32string normalized_lmeval(std::string_view text) {
  std::u32string result = lowered(code_points(text));
  std::erase_if(result, is_punctuation);
  return result;
}

}  // namespace

bool correct_lorahub(std::string_view prediction, std::string_view target) {
  return normalized_lorahub(prediction) == normalized_lorahub(target);
}

bool correct_lmeval(std::string_view prediction, std::string_view target) {
  return normalized_lmeval(prediction) == normalized_lmeval(target);
}

double accuracy(std::span<const std::int8_t> correct) {
  if (correct.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto count = std::count_if(correct.begin(), correct.end(), [](std::int8_t c) { return c != 0; });
  return static_cast<double>(count) / static_cast<double>(correct.size()) * 100;
}

}  // namespace lorasweep
