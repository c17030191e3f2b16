// SPDX-License-Identifier: Apache-2.0
// Writes the note beside its place and renames it, so that a reader sees a whole one.
#include "pipeline/manifest/live_note.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <system_error>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format_version = 1;
constexpr std::size_t most_bytes = 16u << 20;

constexpr std::array phases = {LivePhase::starting, LivePhase::computing, LivePhase::writing_results, LivePhase::ended};

Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

std::optional<double> number_of(const Json& json) {
  return json.is_number() ? std::optional(json.get<double>()) : std::nullopt;
}

LiveWorker worker_of(const Json& json) {
  return {.worker = json.at("worker").get<std::int32_t>(),
          .place = json.at("place").get<std::string>(),
          .standing = json.at("standing").get<std::string>(),
          .heard = json.at("heard_seconds_ago").get<double>(),
          .at_unit = json.at("at_unit_seconds").get<double>(),
          .units = json.at("units").get<std::size_t>()};
}

LivePhase phase_of(const std::string& name) {
  for (const LivePhase phase : phases)
    if (name == name_of(phase)) return phase;
  throw InputError("phase", "\"" + name + "\" is none");
}

LiveNote note_of(const Json& json) {
  if (json.at("format").get<int>() != format_version) throw InputError("format", "is another one");
  LiveNote note{.process = {.host = json.at("host").get<std::string>(),
                            .pid = json.at("pid").get<std::int64_t>(),
                            .machine = json.at("machine").get<std::string>(),
                            .born = json.at("born").get<std::uint64_t>()},
                .beat = json.at("beat").get<std::uint64_t>(),
                .written_utc = json.at("written_utc").get<double>(),
                .phase = phase_of(json.at("phase").get<std::string>()),
                .end = json.at("end").get<std::string>(),
                .log = json.at("log").get<std::string>(),
                .evaluations_per_second = number_of(json.at("evaluations_per_second")),
                .answers_per_second = number_of(json.at("answers_per_second")),
                .seconds_left = number_of(json.at("seconds_left")),
                .workers = {}};
  for (const auto& worker : json.at("workers")) note.workers.push_back(worker_of(worker));
  return note;
}

}  // namespace

const char* name_of(LivePhase phase) {
  switch (phase) {
    case LivePhase::starting: return "starting";
    case LivePhase::computing: return "computing";
    case LivePhase::writing_results: return "writing results";
    case LivePhase::ended: return "ended";
  }
  throw InternalError("a phase without a name");
}

std::string to_json(const LiveNote& note) {
  Json json = {{"format", format_version},
               {"host", note.process.host},
               {"pid", note.process.pid},
               {"machine", note.process.machine},
               {"born", note.process.born},
               {"beat", note.beat},
               {"written_utc", note.written_utc},
               {"phase", name_of(note.phase)},
               {"end", note.end},
               {"log", note.log},
               {"evaluations_per_second", number_or_null(note.evaluations_per_second)},
               {"answers_per_second", number_or_null(note.answers_per_second)},
               {"seconds_left", number_or_null(note.seconds_left)},
               {"workers", Json::array()}};
  for (const LiveWorker& worker : note.workers)
    json["workers"].push_back({{"worker", worker.worker},
                               {"place", worker.place},
                               {"standing", worker.standing},
                               {"heard_seconds_ago", worker.heard},
                               {"at_unit_seconds", worker.at_unit},
                               {"units", worker.units}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool write_live_note(const std::filesystem::path& run, const LiveNote& note) {
  const std::filesystem::path path = live_note_path(run), beside = path.string() + ".tmp";
  std::error_code error;
  // Not synced: after a power failure nobody is alive.
  const bool whole = static_cast<bool>(std::ofstream(beside, std::ios::binary) << to_json(note) << std::flush);
  if (whole) std::filesystem::rename(beside, path, error);
  if (whole && !error) return true;
  std::filesystem::remove(beside, error);
  return false;
}

std::optional<LiveNote> read_live_note(const std::filesystem::path& run) {
  const std::filesystem::path path = live_note_path(run);
  if (!is_there(path)) return std::nullopt;
  try {
    return note_of(parse_json(read_file(path, most_bytes), path.string()));
  } catch (const Error&) {
  } catch (const nlohmann::json::exception&) {
  }
  return std::nullopt;
}

}  // namespace lorasweep
