// SPDX-License-Identifier: Apache-2.0
#include "data/tasks/answer_text.h"

#include "data/tasks/unicode_text.h"

#include <algorithm>

namespace lorasweep {
namespace {

std::size_t bytes_of_space(char32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : 3; }

// Of the white space that a sequence of code points begins with.
template <typename Point>
std::size_t bytes_of_spaces(Point first, Point last) {
  std::size_t bytes = 0;
  for (; first != last && is_space(*first); ++first) bytes += bytes_of_space(*first);
  return bytes;
}

}  // namespace

std::string_view before_stop(std::string_view answer, const std::vector<std::string>& stop) {
  std::size_t end = answer.size();
  for (const std::string& text : stop) end = std::min(end, answer.find(text));
  return answer.substr(0, end);
}

std::string_view stripped(std::string_view answer) {
  const std::u32string points = code_points(answer);
  answer.remove_prefix(bytes_of_spaces(points.begin(), points.end()));
  if (!answer.empty()) answer.remove_suffix(bytes_of_spaces(points.rbegin(), points.rend()));
  return answer;
}

}  // namespace lorasweep
