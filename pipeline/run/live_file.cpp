// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/live_file.h"

#include "pipeline/run/log_place.h"

#include <chrono>
#include <utility>

namespace lorasweep {
namespace {

using Seconds = std::chrono::duration<double>;

double seconds_since_epoch() { return Seconds(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

LiveFile::LiveFile(std::filesystem::path run, std::function<bool()> owned)
    : run_(std::move(run)), owned_(std::move(owned)) {
  note_.process = this_process();
  note_.log = log_file_of_this_process();
  write();
}

LiveFile::~LiveFile() {
  try {
    if (note_.phase != LivePhase::ended) end("with an error, which its log names");
  } catch (...) {  // there may be no memory for a note
  }
}

void LiveFile::enter(LivePhase phase) {
  note_.phase = phase;
  write();
}

void LiveFile::end(const std::string& how) {
  note_.end = how;
  note_.workers.clear();
  note_.evaluations_per_second = note_.answers_per_second = note_.seconds_left = std::nullopt;
  enter(LivePhase::ended);
}

void LiveFile::take(const std::vector<WorkerNow>& workers, const std::vector<std::string>& places) {
  note_.workers.clear();
  for (const WorkerNow& worker : workers) {
    const auto place = static_cast<std::size_t>(worker.worker - 1);
    note_.workers.push_back({.worker = static_cast<std::int32_t>(worker.worker),
                             .place = place < places.size() ? places[place] : "",
                             .standing = name_of(worker.standing),
                             .heard = Seconds(worker.heard).count(),
                             .at_unit = Seconds(worker.at_unit).count(),
                             .units = worker.units});
  }
}

bool LiveFile::due(Time now) const {
  constexpr std::chrono::seconds at_the_begin{1};
  return !written_ ||
         now - *written_ >= (note_.workers.empty() || !note_.seconds_left ? at_the_begin : between_live_notes);
}

void LiveFile::beat(const ProgressView& view, Time now) {
  note_.evaluations_per_second = view.evaluations_per_second;
  note_.answers_per_second = view.answers_per_second;
  note_.seconds_left = view.seconds_left;
  write();
  written_ = now;
}

void LiveFile::write() {
  if (!owned_()) return;
  ++note_.beat;
  note_.written_utc = seconds_since_epoch();
  write_live_note(run_, note_);
}

}  // namespace lorasweep
