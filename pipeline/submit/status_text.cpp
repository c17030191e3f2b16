// SPDX-License-Identifier: Apache-2.0
// A run's status in lines for people.
#include "data/core/counted.h"
#include "pipeline/report/progress.h"
#include "pipeline/submit/run_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <string_view>

namespace lorasweep {
namespace {

constexpr std::size_t most_workers_named = 8;

std::string line(std::string_view name, const std::string& text) { return fmt::format("{:<10} {}\n", name, text); }

std::string share(std::size_t done, std::size_t total) { return fmt::format("{}/{}", done, total); }

// What a person looks for first: "running" is said of an unfinished run only.
std::string headline(const StatusOfPart& part) {
  const RunProgress& progress = part.progress;
  const Life life = part.life.life;
  const bool at_work = progress.state != "complete" && (life == Life::running || life == Life::silent);
  return fmt::format("{:<12} evaluations {}, answers {}, {} failed, started {}",
                     at_work ? name_of(life) : progress.state, share(progress.evaluations, progress.evaluations_total),
                     share(progress.answers, progress.answers_total), progress.failures,
                     counted(progress.sessions, "time"));
}

// "35.2 evaluations/s, about 1 min 20 s left"
std::string pace(const StatusOfPart& part) {
  const RunProgress& progress = part.progress;
  const std::optional<LiveNote>& note = part.life.note;
  const bool searching = progress.evaluations < progress.evaluations_total;
  std::string text;
  const auto add = [&](const std::string& piece) { text += (text.empty() ? "" : ", ") + piece; };
  const auto rate = [&](const std::optional<double>& live, const std::optional<double>& recorded, const char* what) {
    if (const auto known = live ? live : recorded) add(fmt::format("{:.1f} {}/s", *known, what));
  };
  if (searching)
    rate(note ? note->evaluations_per_second : std::nullopt, progress.evaluations_per_second, "evaluations");
  else if (progress.answers < progress.answers_total)
    rate(note ? note->answers_per_second : std::nullopt, progress.answers_per_second, "answers");
  if (note && note->seconds_left)
    add("about " + span_text(std::max(*note->seconds_left - part.life.heard.value_or(0), 1.0)) + " left");
  return text;
}

std::string worker_text(const LiveWorker& worker, double note_age) {
  std::string text = fmt::format("worker {}{}{}: {}, heard {} ago", worker.worker, worker.place.empty() ? "" : ", ",
                                 worker.place, worker.standing, span_text(worker.heard + note_age));
  if (worker.units > 0) text += fmt::format(", at a unit for {}", span_text(worker.at_unit + note_age));
  return text;
}

// Those who are not on time first, then those who were heard longest ago.
std::string worker_lines(const StatusOfPart& part) {
  if (!part.life.note || part.life.note->workers.empty()) return "";
  std::vector<LiveWorker> workers = part.life.note->workers;
  std::map<std::string, std::size_t> standings;
  for (const LiveWorker& worker : workers) ++standings[worker.standing];
  std::string all = counted(workers.size(), "worker");
  for (const auto& [standing, count] : standings) all += fmt::format(", {} {}", count, standing);
  std::string lines = line("", all);
  std::ranges::stable_sort(workers, [](const LiveWorker& a, const LiveWorker& b) {
    const bool a_waits = a.standing == "on time", b_waits = b.standing == "on time";
    return a_waits != b_waits ? b_waits : std::max(a.heard, a.at_unit) > std::max(b.heard, b.at_unit);
  });
  for (std::size_t i = 0; i < std::min(workers.size(), most_workers_named); ++i)
    lines += line("", "  " + worker_text(workers[i], part.life.heard.value_or(0)));
  if (workers.size() > most_workers_named)
    lines += line("", fmt::format("  and {} more, heard and at work for less", workers.size() - most_workers_named));
  return lines;
}

// "3 restarts: 2 time limit, 1 failure; the last one 2026-01-31T12:00:00Z, failure"
std::string restarts_line(const RestartHistory& history) {
  std::string causes;
  for (const auto& [cause, count] : history.causes)
    causes += fmt::format("{}{} {}", causes.empty() ? "" : ", ", count, cause);
  return fmt::format("{}: {}; the last one {}, {}", counted(history.restarts, "restart"), causes, history.last_utc,
                     history.last_cause);
}

std::string task_lines(const RunProgress& progress) {
  if (progress.tasks.empty()) return "";
  std::size_t widest = 4;
  for (const TaskProgress& task : progress.tasks) widest = std::max(widest, task.name.size());
  widest = std::min<std::size_t>(widest, 40);
  std::string lines =
      line("", fmt::format("{:<{}}  {:>13}  {:>9}  {:>13}", "task", widest, "evaluations", "best", "answers"));
  for (const TaskProgress& task : progress.tasks)
    lines += line("", fmt::format("{:<{}}  {:>13}  {:>9}  {:>13}", task.name.substr(0, widest), widest,
                                  share(task.evaluations, task.evaluations_total),
                                  std::isfinite(task.best_objective) ? fmt::format("{:.4f}", task.best_objective) : "-",
                                  share(task.answers, task.answers_total)));
  return lines;
}

std::string part_text(const StatusOfPart& part, const RunStatus& status) {
  const RunProgress& progress = part.progress;
  std::string text = line(part.name, headline(part));
  const bool complete = progress.state == "complete";
  if (!complete && !part.life.words.empty()) text += line("", part.life.words);
  if (!progress.missing.empty() && part.life.life != Life::running)
    text += line("", fmt::format("everything is computed, but {}{}", progress.missing,
                                 status.jobs && status.jobs->empty() ? ": continue the run to write it" : " yet"));
  if (!complete && part.life.life == Life::running)
    if (const std::string now = pace(part); !now.empty()) text += line("", now);
  if (!complete && progress.last_record_utc)
    text +=
        line("", fmt::format("last record {} ago", span_text(std::max(status.utc - *progress.last_record_utc, 0.0))));
  if (!complete && part.life.life != Life::ended) text += worker_lines(part);
  if (part.history.restarts > 0) text += line("", restarts_line(part.history));
  if (part.log) text += line("", fmt::format("{}: {}", part.log->file.string(), part.log->last_line));
  return text + task_lines(progress);
}

std::string job_lines(const RunStatus& status) {
  if (!status.jobs) return line("jobs", "squeue does not answer");
  if (status.jobs->empty())
    return status.submitted == 0 ? "" : line("jobs", fmt::format("none of {} is in the queue", status.submitted));
  std::string lines;
  for (const QueuedJob& job : *status.jobs)
    lines += fmt::format("job {:<10} {} ({} of {}, {})\n", job.id, job.state, job.elapsed, job.limit, job.reason);
  return lines;
}

std::string fitted(const std::string& text, Screen screen) {
  if (screen.lines == 0 && screen.columns == 0) return text;
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  const std::size_t kept = screen.lines == 0 || lines <= screen.lines ? lines : screen.lines - 1;
  std::string fitting;
  std::istringstream all(text);
  std::string one;
  for (std::size_t i = 0; i < kept && std::getline(all, one); ++i)
    fitting += (screen.columns == 0 ? one : one.substr(0, screen.columns)) + "\n";
  if (kept < lines) fitting += "and " + counted(lines - kept, "line") + " more\n";
  return fitting;
}

}  // namespace

std::string status_text(const RunStatus& status, Screen screen) {
  std::string text;
  for (const StatusOfPart& part : status.parts) text += part_text(part, status);
  if (status.collect_log)
    text += line("collect", fmt::format("{}: {}", status.collect_log->file.string(), status.collect_log->last_line));
  return fitted(text + job_lines(status), screen);
}

}  // namespace lorasweep
