// SPDX-License-Identifier: Apache-2.0
// How far a sweep is, in one line for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace lorasweep {

struct ProgressState {
  std::uint64_t evaluations_done = 0, evaluations_total = 0;
  std::uint64_t predictions_done = 0, predictions_total = 0;        ///< answers to test examples
  double best_objective = std::numeric_limits<double>::infinity();  ///< of all searches; infinite: none yet
};

/// The same with what was measured; nothing: not known.
struct ProgressView {
  ProgressState state;
  std::optional<double> evaluations_per_second, answers_per_second;  ///< lately
  std::optional<double> seconds_left;
};

inline constexpr std::size_t any_width = std::numeric_limits<std::size_t>::max();

/// "evaluations 120/1600 (7 %), answers 0/4000, 35.2 evaluations/s, best 0.0312, 42 s left" in at most `width` columns:
/// where that is less, what matters least is left out, and time left goes last.
std::string progress_line(const ProgressView& view, std::size_t width = any_width);

/// The same behind a bar of what is done of all, as long as there is room for it.
std::string progress_bar(const ProgressView& view, std::size_t width);

/// "42 s", "1 min 20 s", "3 h 05 min", "2 d 04 h"; rounded up.
std::string span_text(double seconds);

}  // namespace lorasweep
