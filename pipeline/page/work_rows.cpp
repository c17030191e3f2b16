// SPDX-License-Identifier: Apache-2.0
#include "pipeline/page/work_rows.h"

#include "pipeline/outcome/settings.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::optional<WorkRow> row_of(const Json& json) {
  const auto is_number = [&](const char* key) { return json.contains(key) && json[key].is_number(); };
  const auto is_text = [&](const char* key) { return json.contains(key) && json[key].is_string(); };
  if (!json.is_object() || !is_text("phase") || !is_text("unit")) return std::nullopt;
  for (const char* key : {"run", "worker", "units", "again"})
    if (!json.contains(key) || !json[key].is_number_integer()) return std::nullopt;
  for (const char* key : {"seconds", "first_utc", "last_utc"})
    if (!is_number(key)) return std::nullopt;
  return WorkRow{.run = json["run"].get<std::int64_t>(),
                 .phase = json["phase"].get<std::string>(),
                 .unit = json["unit"].get<std::string>(),
                 .worker = json["worker"].get<std::int64_t>(),
                 .sum = {.units = json["units"].get<std::size_t>(),
                         .again = json["again"].get<std::size_t>(),
                         .seconds = json["seconds"].get<double>(),
                         .first = json["first_utc"].get<double>(),
                         .last = json["last_utc"].get<double>()}};
}

std::vector<WorkRow> rows_of_evaluations(const Evaluations& e) {
  std::map<std::int64_t, WorkSum> workers;
  for (std::size_t row = 0; row < e.step.size(); ++row)
    workers[e.worker_rank[row]] += {.units = 1,
                                    .again = e.attempt[row] > 0,
                                    .seconds = e.duration_s[row],
                                    .first = e.t_finished_utc[row] - e.duration_s[row],
                                    .last = e.t_finished_utc[row]};
  std::vector<WorkRow> rows;
  for (const auto& [worker, sum] : workers)
    rows.push_back({.run = 0, .phase = "search", .unit = "evaluation", .worker = worker, .sum = sum});
  return rows;
}

}  // namespace

WorkSum& WorkSum::operator+=(const WorkSum& other) {
  units += other.units;
  again += other.again;
  seconds += other.seconds;
  first = std::min(first, other.first);
  last = std::max(last, other.last);
  return *this;
}

std::vector<WorkRow> work_rows(const SweepResults& results) {
  const Json work = provenance_json(results, "work");
  std::vector<WorkRow> rows;
  if (work.is_array())
    for (const Json& each : work)
      if (std::optional<WorkRow> row = row_of(each)) rows.push_back(std::move(*row));
  if (!work.is_array() || rows.size() != work.size()) return rows_of_evaluations(results.evaluations);
  return rows;
}

}  // namespace lorasweep
