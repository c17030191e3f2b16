// SPDX-License-Identifier: Apache-2.0
// Keeps the live note of a run (manifest/live_note.h) as long as this process works on it.
#pragma once

#include "pipeline/manifest/live_note.h"
#include "pipeline/report/progress.h"
#include "scheduler/dispatcher.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// A run that is not this process's any more gets no further note.
class LiveFile {
 public:
  using Time = std::chrono::steady_clock::time_point;

  LiveFile(std::filesystem::path run, std::function<bool()> owned);
  /// Where nobody said how it ended, an error has ended it.
  ~LiveFile();
  LiveFile(const LiveFile&) = delete;
  LiveFile& operator=(const LiveFile&) = delete;

  void enter(LivePhase phase);
  void end(const std::string& how);

  /// While a sweep computes. `places`: of workers, from the first; fewer or none: threads of this process.
  void take(const std::vector<WorkerNow>& workers, const std::vector<std::string>& places);
  bool due(Time now) const;
  void beat(const ProgressView& view, Time now);

 private:
  void write();

  std::filesystem::path run_;
  std::function<bool()> owned_;
  LiveNote note_;
  std::optional<Time> written_;
};

}  // namespace lorasweep
