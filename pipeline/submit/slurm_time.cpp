// SPDX-License-Identifier: Apache-2.0
// Reads a time limit in any of the forms that sbatch knows.
#include "pipeline/submit/slurm_time.h"

#include <charconv>
#include <vector>

namespace lorasweep {
namespace {

std::int64_t number(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::vector<std::int64_t> numbers(std::string_view text) {
  std::vector<std::int64_t> all;
  while (true) {
    const std::size_t colon = text.find(':');
    all.push_back(number(text.substr(0, colon)));
    if (colon == std::string_view::npos) return all;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

std::int64_t limit_in_seconds(std::string_view time) {
  constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
  std::int64_t seconds = 0;
  if (const std::size_t dash = time.find('-'); dash != std::string_view::npos) {
    // days-hours[:minutes[:seconds]]
    std::vector<std::int64_t> parts = numbers(time.substr(dash + 1));
    parts.resize(3);
    seconds = number(time.substr(0, dash)) * day + parts[0] * hour + parts[1] * minute + parts[2];
  } else {
    // minutes, minutes:seconds, hours:minutes:seconds
    const std::vector<std::int64_t> parts = numbers(time);
    if (parts.size() == 3)
      seconds = parts[0] * hour + parts[1] * minute + parts[2];
    else
      seconds = parts[0] * minute + (parts.size() == 2 ? parts[1] : 0);
  }
  return (seconds + minute - 1) / minute * minute;
}

}  // namespace lorasweep
