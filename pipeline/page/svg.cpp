// SPDX-License-Identifier: Apache-2.0
#include "pipeline/page/svg.h"

#include "pipeline/page/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lorasweep {

double Scale::operator()(double value) const {
  const double a = logarithmic ? std::log(low) : low, b = logarithmic ? std::log(high) : high;
  const double at = logarithmic ? std::log(std::max(value, low)) : value;
  const double part = b > a ? std::clamp((at - a) / (b - a), 0.0, 1.0) : 0.5;
  return from + part * (to - from);
}

std::vector<double> round_ticks(double low, double high, int most) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / std::max(most - 1, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= rough) step = factor * power;
  std::vector<double> ticks;
  for (double tick = std::ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) ticks.push_back(tick);
  return ticks;
}

std::string place(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string svg(double width, double height, std::string_view id, std::string_view title, std::string_view description,
                const std::string& content, std::string_view kind) {
  return fmt::format(
      "<svg class=\"{6}\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-labelledby=\"{2}-t "
      "{2}-d\"><title id=\"{2}-t\">{3}</title><desc id=\"{2}-d\">{4}</desc>{5}</svg>",
      place(width), place(height), id, escaped(title), escaped(description), content, kind);
}

}  // namespace lorasweep
