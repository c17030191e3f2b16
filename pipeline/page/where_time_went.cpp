// SPDX-License-Identifier: Apache-2.0
// Time by phase and by worker, what had to be done twice, and how often the run was started.
#include "pipeline/outcome/settings.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"
#include "pipeline/page/work_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
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

std::string bar(double part) {
  return fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 100 10\" width=\"100\" height=\"10\" aria-hidden=\"true\" "
      "preserveAspectRatio=\"none\"><rect class=\"bar-all\" width=\"100\" height=\"10\"/><rect class=\"bar-part\" "
      "width=\"{:.1f}\" "
      "height=\"10\"/></svg>",
      100 * std::clamp(part, 0.0, 1.0));
}

std::vector<HtmlTable::Head> heads_of(const char* what) {
  return {{what, HtmlTable::Kind::text},
          {"evaluations"},
          {"answers"},
          {"computing"},
          {"each"},
          {"handed out again"},
          {"first", HtmlTable::Kind::text},
          {"last (UTC)", HtmlTable::Kind::text}};
}

/// Sums of what has one name, in the order of names' first rows.
class Sums {
 public:
  struct Named {
    std::string name;
    std::size_t evaluations = 0, answers = 0;
    WorkSum all;
  };
  void add(const std::string& name, const WorkRow& row) {
    auto at = std::ranges::find(sums_, name, &Named::name);
    if (at == sums_.end()) at = sums_.insert(at, {.name = name, .all = {}});
    (row.unit == "answer" ? at->answers : at->evaluations) += row.sum.units;
    at->all += row.sum;
  }
  const std::vector<Named>& names() const { return sums_; }

 private:
  std::vector<Named> sums_;
};

HtmlTable::Cell count_cell(std::size_t count) {
  return {count == 0 ? "" : std::to_string(count), std::to_string(count)};
}

std::string table_of(const char* caption, const char* what, const Sums& sums, const char* kind, double all_seconds) {
  HtmlTable table(caption, heads_of(what));
  for (const Sums::Named& each : sums.names()) {
    const double part = all_seconds > 0 ? each.all.seconds / all_seconds : 0;
    const double one = each.all.units > 0 ? each.all.seconds / static_cast<double>(each.all.units) : 0;
    table.add({{name_html(each.name)},
               count_cell(each.evaluations),
               count_cell(each.answers),
               {fmt::format("{} {}", bar(part), span_of(each.all.seconds)), fmt::format("{}", each.all.seconds)},
               {fmt::format("{:.3g} s", one), fmt::format("{}", one)},
               {std::to_string(each.all.again)},
               {time_of(each.all.first)},
               {time_of(each.all.last)}});
  }
  return table.html(kind);
}

std::string phase_of(const WorkRow& row) { return row.unit == "answer" ? "answers: " + row.phase : row.phase; }

std::string work_html(const std::vector<WorkRow>& rows) {
  if (rows.empty()) return "";
  const bool has_runs = std::ranges::any_of(rows, [&](const WorkRow& row) { return row.run != rows.front().run; });
  Sums phases, workers;
  WorkSum all;
  for (const WorkRow& row : rows) {
    phases.add(phase_of(row), row);
    workers.add(has_runs ? fmt::format("{} of run {}", row.worker, row.run + 1) : std::to_string(row.worker), row);
    all += row.sum;
  }
  std::string html = fmt::format(
      "<p>From the first unit of work to the last it took {}, on {} worker{}: {} of computing, which is {:.0f} % of "
      "what they had. {} "
      "units had been handed out before, to a worker that did not answer in time, failed or was lost.</p>\n",
      span_of(all.last - all.first), workers.names().size(), workers.names().size() == 1 ? "" : "s",
      span_of(all.seconds),
      100 * all.seconds / std::max(1e-9, (all.last - all.first) * static_cast<double>(workers.names().size())),
      all.again == 0 ? "No" : std::to_string(all.again));
  html += table_of("Time by phase", "phase", phases, "phases", all.seconds);
  return html + table_of("Time by worker", "worker", workers, "workers", all.seconds);
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
  return {"time", "Where the time went", work_html(work_rows(file.results)) + starts_html(file.results)};
}

}  // namespace lorasweep
