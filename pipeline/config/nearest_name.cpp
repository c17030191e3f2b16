// SPDX-License-Identifier: Apache-2.0
// Edit distance over short names.
#include "pipeline/config/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t longest_name = 64;  // a longer one is not a typo

std::string folded(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return text;
}

// Insertions, deletions, replacements, and exchanges of neighbours ("buget", "sedes").
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::move(above);
    above = row;
  }
  return above.back();
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> names) {
  if (name.empty() || name.size() > longest_name) return std::nullopt;
  const std::string written = folded(name);
  std::optional<std::string> nearest;
  std::size_t least = 0;
  for (const std::string& candidate : names) {
    const std::size_t d = distance(written, folded(candidate));
    if (d > std::max<std::size_t>(1, std::max(written.size(), candidate.size()) / 3)) continue;
    if (!nearest || d < least) {
      nearest = candidate;
      least = d;
    }
  }
  return nearest;
}

}  // namespace lorasweep
