// SPDX-License-Identifier: Apache-2.0
// How far a sweep is, for people: a bar on a terminal, a plain line every 30 s in a log file.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>

namespace lorasweep {

struct ProgressState {
  std::uint64_t evaluations_done = 0, evaluations_total = 0;
  std::uint64_t predictions_done = 0, predictions_total = 0;        ///< answers to test examples
  double best_objective = std::numeric_limits<double>::infinity();  ///< of all searches; infinite: none yet
};

/// "evaluations 120/1600 (7 %), answers 0/4000, 35.2/s, best 0.0312, 42 s left". `since`: where the rate is measured
/// from; work done before this process continued the sweep says nothing about its speed. Time left follows the part
/// that is being worked on.
std::string progress_line(const ProgressState& state, const ProgressState& since,
                          std::chrono::duration<double> elapsed);

/// Not thread-safe; one per sweep.
class ProgressPrinter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  ProgressPrinter();  ///< stderr
  ProgressPrinter(std::FILE* out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}

  /// Cheap; call as often as you like. Prints at most every 0.2 s on a terminal, every 30 s elsewhere.
  void update(const ProgressState& state, Time now);
  /// The last state, and the end of the bar's line.
  void finish(const ProgressState& state, Time now);

 private:
  void print(const ProgressState& state, Time now);

  std::FILE* out_;
  bool is_terminal_;
  std::optional<Time> started_, printed_;
  ProgressState at_start_;
};

}  // namespace lorasweep
