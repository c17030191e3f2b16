// SPDX-License-Identifier: Apache-2.0
// Time by phase and by worker, what had to be done twice, and how often the run was started.
#include "pipeline/outcome/settings.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return "";
  const Json& value = object[key];
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string span_of(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "–";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  const auto minutes = static_cast<long long>(std::min(seconds / 60, 1e15));
  return minutes < 120 ? fmt::format("{} min", minutes) : fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string time_of(double seconds) {
  if (!std::isfinite(seconds) || seconds <= 0 || seconds > 253402300799.0) return "–";  // up to the year 9999
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&whole, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
  return text;
}

struct WorkerTime {
  std::size_t evaluations = 0, again = 0;
  double busy = 0, first = INFINITY, last = -INFINITY;

  void add(double finished, double seconds, bool was_handed_out_before) {
    ++evaluations;
    again += was_handed_out_before;
    busy += seconds;
    first = std::min(first, finished - seconds);
    last = std::max(last, finished);
  }
};

std::string bar(double part) {
  return fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 100 10\" width=\"100\" height=\"10\" aria-hidden=\"true\" "
      "preserveAspectRatio=\"none\"><rect class=\"bar-all\" width=\"100\" height=\"10\"/><rect class=\"bar-part\" "
      "width=\"{:.1f}\" "
      "height=\"10\"/></svg>",
      100 * std::clamp(part, 0.0, 1.0));
}

std::string workers_html(const std::map<std::int32_t, WorkerTime>& workers, const WorkerTime& all) {
  HtmlTable table("Evaluations by worker", {{"worker"},
                                            {"evaluations"},
                                            {"busy"},
                                            {"share of the search"},
                                            {"handed out again"},
                                            {"first", HtmlTable::Kind::text},
                                            {"last (UTC)", HtmlTable::Kind::text}});
  const double whole = all.last - all.first;
  for (const auto& [rank, worker] : workers) {
    const double part = whole > 0 ? worker.busy / whole : 0;
    table.add({{std::to_string(rank)},
               {std::to_string(worker.evaluations)},
               {span_of(worker.busy), fmt::format("{}", worker.busy)},
               {fmt::format("{} {:.0f} %", bar(part), 100 * part), fmt::format("{}", part)},
               {std::to_string(worker.again)},
               {time_of(worker.first)},
               {time_of(worker.last)}});
  }
  return table.html("workers");
}

std::string starts_html(const SweepResults& results) {
  const Json sessions = provenance_json(results, "sessions");
  if (!sessions.is_array() || sessions.empty()) return "";
  HtmlTable table("Starts of the run", {{"started (UTC)", HtmlTable::Kind::text},
                                        {"host", HtmlTable::Kind::text},
                                        {"workers"},
                                        {"computed with", HtmlTable::Kind::text},
                                        {"version", HtmlTable::Kind::text}});
  for (const Json& session : sessions)
    table.add({{escaped(text_of(session, "started_utc"))},
               {name_html(text_of(session, "host"))},
               {escaped(text_of(session, "workers"))},
               {escaped(text_of(session, "device"))},
               {escaped(text_of(session, "version"))}});
  const std::string again = sessions.size() == 1 ? "The run was started once and never interrupted."
                                                 : fmt::format("The run was started {} times.", sessions.size());
  return fmt::format("<p>{}</p>\n{}", again, table.html("starts"));
}

}  // namespace

PageSection where_time_went(const PageFile& file) {
  const Evaluations& e = file.results.evaluations;
  std::map<std::int32_t, WorkerTime> workers;
  WorkerTime all;
  for (std::size_t row = 0; row < e.step.size(); ++row) {
    workers[e.worker_rank[row]].add(e.t_finished_utc[row], e.duration_s[row], e.attempt[row] > 0);
    all.add(e.t_finished_utc[row], e.duration_s[row], e.attempt[row] > 0);
  }
  std::string html;
  if (all.evaluations > 0)
    html += fmt::format(
        "<p>The searches took {} from the first evaluation to the last, on {} worker{}: {} of computing, {} an "
        "evaluation. {} "
        "evaluations had been handed out before, to a worker that did not answer in time, failed or was lost.</p>\n",
        span_of(all.last - all.first), workers.size(), workers.size() == 1 ? "" : "s", span_of(all.busy),
        fmt::format("{:.3g} s", all.busy / static_cast<double>(all.evaluations)),
        all.again == 0 ? "No" : std::to_string(all.again));
  if (!workers.empty()) html += workers_html(workers, all);
  html += starts_html(file.results);
  return {"time", "Where the time went", html};
}

}  // namespace lorasweep
