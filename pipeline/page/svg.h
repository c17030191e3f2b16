// SPDX-License-Identifier: Apache-2.0
// Small drawings. Colours and strokes are classes of the report's style sheet, so that they follow light and dark.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// An axis: from values to places.
struct Scale {
  double low = 0, high = 1;  ///< values at either end
  double from = 0, to = 1;   ///< places of these
  bool logarithmic = false;

  double operator()(double value) const;  ///< held inside of the axis
};

/// Values at round distances, at most `most` of them, inside of low and high.
std::vector<double> round_ticks(double low, double high, int most);

/// A number for a coordinate: at most one decimal.
std::string place(double value);

/// The drawing with a title and a description for who does not see it. Both are text.
std::string svg(double width, double height, std::string_view id, std::string_view title, std::string_view description,
                const std::string& content, std::string_view kind = "");

}  // namespace lorasweep
