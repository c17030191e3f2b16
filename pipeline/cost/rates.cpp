// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cost/rates.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>
#include <vector>

namespace lorasweep {
namespace {

constexpr double standard_billions = 40;  // of effort.h

double billions(double scale) { return standard_billions / scale; }

}  // namespace

double PhaseRates::seconds(const PhasedEffort& effort) const {
  return evaluations * standard_seconds(effort.evaluations) + prompts * standard_seconds(effort.prompts) +
         steps * standard_seconds(effort.steps);
}

std::string written(const PhaseRates& rates) {
  return fmt::format("{:.3g},{:.3g},{:.3g}", billions(rates.evaluations), billions(rates.prompts),
                     billions(rates.steps));
}

PhaseRates read_rates(std::string_view text, const std::string& option) {
  const std::string whole(text);
  std::vector<double> scales;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(number) || number <= 0)
      throw ConfigError(option, "\"" + whole + "\" is not a rate: one or three positive numbers with commas between",
                        "give what a probe said, such as 38.1,30.5,12");
    scales.push_back(standard_billions / number);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (scales.size() == 1) return {scales[0], scales[0], scales[0]};
  if (scales.size() == 3) return {scales[0], scales[1], scales[2]};
  throw ConfigError(option, fmt::format("\"{}\" has {} numbers", whole, scales.size()),
                    "give one, or three: of evaluations, prompts and steps");
}

}  // namespace lorasweep
