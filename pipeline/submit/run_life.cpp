// SPDX-License-Identifier: Apache-2.0
// Looks at the live note, at the process that wrote it, and whether note or journal change.
#include "pipeline/submit/run_life.h"

#include "data/core/error.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/report/progress.h"
#include "pipeline/submit/lock_holder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <thread>

namespace lorasweep {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds between = between_live_notes;
constexpr double fresh = 3.0 * between.count();  // a note may be late: of a busy disk
constexpr milliseconds between_looks{500};
constexpr const char* continue_it = "`lorasweep run` continues it";

std::string process_of(const LiveNote& note) {
  return fmt::format("process {} on {}", note.process.pid, note.process.host);
}

struct Signs {
  std::uint64_t beat = 0, journal_bytes = 0;
  bool operator==(const Signs&) const = default;
};

Signs signs_of(const std::filesystem::path& run) {
  const std::optional<LiveNote> note = read_live_note(run);
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(journal_path(run), error);
  return {note ? note->beat : 0, error ? 0 : static_cast<std::uint64_t>(bytes)};
}

bool gives_a_sign(const std::filesystem::path& run, const LifeClock& clock) {
  const Signs before = signs_of(run);
  for (milliseconds waited{0}; waited < between + std::chrono::seconds(2); waited += between_looks) {
    clock.sleep(between_looks);
    if (signs_of(run) != before) return true;
  }
  return false;
}

// Its process cannot be looked at.
void judge_by_signs(RunLife& found, const std::filesystem::path& run, const LifeClock& clock, bool patience) {
  const LiveNote& note = *found.note;
  const double age = clock.utc() - note.written_utc;
  if (std::abs(age) < fresh || (patience && gives_a_sign(run, clock))) {
    found.life = Life::running;
    found.words = fmt::format("{} is {}", process_of(note), name_of(note.phase));
    if (age < -1 || age >= fresh) found.words += "; its clock and the one here differ";
    return;
  }
  found.life = Life::silent;
  found.words = note.phase == LivePhase::computing
                    ? fmt::format(
                          "{} has given no sign of life for {}, where one comes every {} s: it died, or its "
                          "node or the file system hangs",
                          process_of(note), span_text(age), between.count())
                    : fmt::format("{} has been {} for {}, in which it gives no signs of life", process_of(note),
                                  name_of(note.phase), span_text(age));
}

// A run of a version without live notes.
RunLife life_by_lock(const std::filesystem::path& run) {
  const std::optional<std::int64_t> holder = lock_holder(journal_path(run));
  if (!holder) return {.words = "", .note = {}, .heard = {}};
  return {.life = Life::running,
          .words = fmt::format("process {} here holds its journal", *holder),
          .note = {},
          .heard = {}};
}

}  // namespace

const char* name_of(Life life) {
  switch (life) {
    case Life::running: return "running";
    case Life::suspended: return "suspended";
    case Life::silent: return "silent";
    case Life::died: return "died";
    case Life::ended: return "ended";
    case Life::unknown: return "unknown";
  }
  throw InternalError("a life without a name");
}

LifeClock real_life_clock() {
  return {
      .utc = [] { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); },
      .sleep = [](milliseconds time) { std::this_thread::sleep_for(time); }};
}

RunLife life_of(const std::filesystem::path& run, const LifeClock& clock, bool patience) {
  RunLife found{.words = "", .note = read_live_note(run), .heard = {}};
  if (!found.note) return life_by_lock(run);
  const LiveNote& note = *found.note;
  found.heard = std::max(clock.utc() - note.written_utc, 0.0);
  if (note.phase == LivePhase::ended) {
    found.life = Life::ended;
    found.words = fmt::format("{} has ended: {}", process_of(note), note.end);
    return found;
  }
  switch (state_of(note.process)) {
    case ProcessState::alive:
      found.life = Life::running;
      found.words = fmt::format("{} is {}", process_of(note), name_of(note.phase));
      break;
    case ProcessState::suspended:
      found.life = Life::suspended;
      found.words =
          fmt::format("{} is stopped (SIGSTOP): kill -CONT {} lets it go on", process_of(note), note.process.pid);
      break;
    case ProcessState::gone:
      found.life = Life::died;
      found.words = fmt::format("{} has died without a word; {}", process_of(note), continue_it);
      break;
    case ProcessState::elsewhere: judge_by_signs(found, run, clock, patience); break;
  }
  return found;
}

}  // namespace lorasweep
