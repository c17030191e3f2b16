// SPDX-License-Identifier: Apache-2.0
// A run's status as one JSON document (docs/json.md).
#include "pipeline/submit/run_status.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

Json as_json(const RestartHistory& history) {
  Json causes = Json::object();
  for (const auto& [cause, count] : history.causes) causes[cause] = count;
  return {{"count", history.restarts},
          {"causes", causes},
          {"last_cause", history.last_cause},
          {"last_utc", history.last_utc}};
}

Json as_json(const std::optional<JobLog>& log) {
  return log ? Json{{"file", log->file.filename().string()},
                    {"path", log->file.string()},
                    {"last_line", log->last_line}}
             : Json();
}

// What the last note of its process says: of now, while it runs.
Json as_json(const RunLife& life) {
  Json json = {{"state", name_of(life.life)}, {"words", life.words}, {"heard_seconds_ago", number_or_null(life.heard)}};
  if (!life.note) return json;
  const LiveNote& note = *life.note;
  json["host"] = note.process.host;
  json["pid"] = note.process.pid;
  json["phase"] = name_of(note.phase);
  json["evaluations_per_second"] = number_or_null(note.evaluations_per_second);
  json["answers_per_second"] = number_or_null(note.answers_per_second);
  json["seconds_left"] = number_or_null(note.seconds_left);
  json["workers"] = Json::array();
  for (const LiveWorker& worker : note.workers)
    json["workers"].push_back({{"worker", worker.worker},
                               {"place", worker.place},
                               {"standing", worker.standing},
                               {"heard_seconds_ago", worker.heard + life.heard.value_or(0)},
                               {"at_unit_seconds", worker.at_unit},
                               {"units", worker.units}});
  return json;
}

Json as_json(const TaskProgress& task) {
  return {{"task", task.name},
          {"evaluations", task.evaluations},
          {"evaluations_total", task.evaluations_total},
          {"best_objective", std::isfinite(task.best_objective) ? Json(task.best_objective) : Json(nullptr)},
          {"answers", task.answers},
          {"answers_total", task.answers_total}};
}

Json as_json(const StatusOfPart& part, double now) {
  const RunProgress& progress = part.progress;
  Json json = {{"name", part.name},
               {"state", progress.state},
               {"missing", progress.missing},
               {"evaluations", progress.evaluations},
               {"evaluations_total", progress.evaluations_total},
               {"answers", progress.answers},
               {"answers_total", progress.answers_total},
               {"failures", progress.failures},
               {"sessions", progress.sessions},
               {"restarts", as_json(part.history)},
               {"log", as_json(part.log)}};
  json["life"] = as_json(part.life);
  json["last_record_seconds_ago"] =
      progress.last_record_utc ? Json(std::max(now - *progress.last_record_utc, 0.0)) : Json(nullptr);
  json["recorded_per_second"] = {{"evaluations", number_or_null(progress.evaluations_per_second)},
                                 {"answers", number_or_null(progress.answers_per_second)}};
  json["tasks"] = Json::array();
  for (const TaskProgress& task : progress.tasks) json["tasks"].push_back(as_json(task));
  return json;
}

}  // namespace

std::string status_json(const RunStatus& status) {
  Json all = {{"schema", "lorasweep.status/1"},
              {"runs", Json::array()},
              {"collect_log", as_json(status.collect_log)},
              {"jobs", nullptr}};
  for (const StatusOfPart& part : status.parts) all["runs"].push_back(as_json(part, status.utc));
  if (status.jobs) {
    all["jobs"] = Json::array();
    for (const QueuedJob& job : *status.jobs)
      all["jobs"].push_back({{"id", job.id},
                             {"state", job.state},
                             {"elapsed", job.elapsed},
                             {"limit", job.limit},
                             {"reason", job.reason}});
  }
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lorasweep
