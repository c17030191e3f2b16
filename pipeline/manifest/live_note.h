// SPDX-License-Identifier: Apache-2.0
// What the process that works on a run says of itself, again and again, in a file beside the journal: for `lorasweep
// status` in another shell, on another node. Nothing depends on it; what was computed, the journal alone says.
// Format: docs/formats/live.md.
#pragma once

#include "pipeline/manifest/process_mark.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

enum class LivePhase { starting, computing, writing_results, ended };

/// "starting", "computing", "writing results", "ended"
const char* name_of(LivePhase phase);

struct LiveWorker {
  std::int32_t worker = 0;
  std::string place;     ///< "rank 3 on n2"; empty: a thread of the process
  std::string standing;  ///< "on time", "overdue", "stuck", "silent"
  double heard = 0;      ///< seconds ago, when the note was written
  double at_unit = 0;    ///< seconds that it has been at its unit
  std::size_t units = 0;
  bool operator==(const LiveWorker&) const = default;
};

struct LiveNote {
  ProcessMark process;
  std::uint64_t beat = 0;  ///< counts the notes of this process
  double written_utc = 0;  ///< seconds since the epoch, by the clock of its machine
  LivePhase phase = LivePhase::starting;
  std::string end;  ///< of a process that has ended in order: how
  std::string log;  ///< the file that its log goes to; empty: not known
  std::optional<double> evaluations_per_second, answers_per_second, seconds_left;
  std::vector<LiveWorker> workers;
  bool operator==(const LiveNote&) const = default;
};

/// Between two notes while a sweep computes.
inline constexpr std::chrono::seconds between_live_notes{5};

inline std::filesystem::path live_note_path(const std::filesystem::path& run) { return run / "live.json"; }

std::string to_json(const LiveNote& note);
/// Replaces the note of `run`; false where that is not possible, which nobody need care about.
bool write_live_note(const std::filesystem::path& run, const LiveNote& note);
/// Nothing: there is none, or it is not one.
std::optional<LiveNote> read_live_note(const std::filesystem::path& run);

}  // namespace lorasweep
