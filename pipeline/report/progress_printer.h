// SPDX-License-Identifier: Apache-2.0
// Shows how far a sweep is while it runs: a bar that is written again and again on a terminal, a line now and then in a
// log file.
#pragma once

#include "pipeline/report/progress.h"
#include "pipeline/report/terminal.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>

namespace lorasweep {

/// Not thread-safe; one per sweep. Ends its line when it is destroyed, so that what follows has one of its own.
class ProgressPrinter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using AskTerminal = std::function<Terminal()>;

  ProgressPrinter();  ///< stderr
  ProgressPrinter(std::FILE* out, AskTerminal ask);
  ~ProgressPrinter();
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  /// Whether a line is due: the first one at once, then one every 0.2 s on a terminal, every 30 s elsewhere.
  bool due(Time now) const;
  void print(const ProgressView& view, Time now);
  /// The last state, and the end of the bar's line.
  void finish(const ProgressView& view, Time now);

 private:
  void end_line();

  std::FILE* out_;
  AskTerminal ask_;
  bool rewrites_;
  std::size_t on_screen_ = 0;  ///< columns of the bar that is there
  std::optional<Time> printed_;
};

}  // namespace lorasweep
