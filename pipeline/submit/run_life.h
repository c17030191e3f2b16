// SPDX-License-Identifier: Apache-2.0
// Whether somebody works on a run: by what its process says of itself, by that process where it can be looked at, and
// by signs of life where it cannot.
#pragma once

#include "pipeline/manifest/live_note.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace lorasweep {

enum class Life {
  running,
  suspended,  ///< its process is there, but stopped by SIGSTOP
  silent,     ///< its process is elsewhere, and gives no sign of life any more
  died,       ///< its process is gone, and did not say why
  ended,      ///< its process said that it ended, and how
  unknown,    ///< nobody says anything: it was never begun, or by an older version
};

/// "running", ...
const char* name_of(Life life);

struct RunLife {
  Life life = Life::unknown;
  std::string words;             ///< a sentence for people, which names the process
  std::optional<LiveNote> note;  ///< the last one
  std::optional<double> heard;   ///< seconds since the last sign of life, if it can be told
};

/// How the time passes; for tests.
struct LifeClock {
  std::function<double()> utc;  ///< seconds since the epoch
  std::function<void(std::chrono::milliseconds)> sleep;
};
LifeClock real_life_clock();

/// Mostly at once. Where the process is on another machine, and its last sign is old by this machine's clock, it waits
/// for another one, some seconds: the clocks may differ. `patience`: whether to.
RunLife life_of(const std::filesystem::path& run, const LifeClock& clock, bool patience = true);

}  // namespace lorasweep
