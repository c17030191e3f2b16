// SPDX-License-Identifier: Apache-2.0
// Rates, times left, and when to print them.
#include "pipeline/report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <ctime>

namespace lorasweep {
namespace {

constexpr std::chrono::milliseconds between_bars{200};
constexpr std::chrono::seconds between_lines{30};
constexpr int bar_width = 24;

double share(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
}

std::string span_text(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::ceil(seconds));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

// Seconds until `total`, at the speed so far; nothing if there is no speed yet.
std::optional<double> left(std::uint64_t done, std::uint64_t done_before, std::uint64_t total, double elapsed) {
  if (done >= total) return 0;
  if (done <= done_before || elapsed <= 0) return std::nullopt;
  return static_cast<double>(total - done) * elapsed / static_cast<double>(done - done_before);
}

// As the lines of the log around it have it.
std::string clock_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  localtime_r(&now, &local);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

std::string bar(double part) {
  const auto filled = static_cast<int>(std::lround(part * bar_width));
  return fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", bar_width - filled);
}

}  // namespace

std::string progress_line(const ProgressState& state, const ProgressState& since,
                          std::chrono::duration<double> elapsed) {
  const double seconds = elapsed.count();
  std::string line =
      fmt::format("evaluations {}/{} ({:.0f} %), answers {}/{}", state.evaluations_done, state.evaluations_total,
                  std::floor(100 * share(state.evaluations_done, state.evaluations_total)), state.predictions_done,
                  state.predictions_total);
  const bool searching = state.evaluations_done < state.evaluations_total;
  const std::uint64_t done =
      searching ? state.evaluations_done - since.evaluations_done : state.predictions_done - since.predictions_done;
  if (seconds > 0 && done > 0)
    line += fmt::format(", {:.1f} {}/s", static_cast<double>(done) / seconds, searching ? "evaluations" : "answers");
  if (std::isfinite(state.best_objective)) line += fmt::format(", best {:.4f}", state.best_objective);
  const auto time_left = searching
                             ? left(state.evaluations_done, since.evaluations_done, state.evaluations_total, seconds)
                             : left(state.predictions_done, since.predictions_done, state.predictions_total, seconds);
  if (time_left && *time_left > 0) line += fmt::format(", {} left", span_text(*time_left));
  return line;
}

ProgressPrinter::ProgressPrinter() : ProgressPrinter(stderr, isatty(STDERR_FILENO) == 1) {}

void ProgressPrinter::update(const ProgressState& state, Time now) {
  if (!started_) {
    started_ = now;
    printed_ = now;
    at_start_ = state;
  }
  if (now - *printed_ < (is_terminal_ ? Time::duration(between_bars) : Time::duration(between_lines))) return;
  print(state, now);
}

void ProgressPrinter::finish(const ProgressState& state, Time now) {
  if (!started_) update(state, now);
  print(state, now);
  if (is_terminal_) std::fputc('\n', out_);
  std::fflush(out_);
}

void ProgressPrinter::print(const ProgressState& state, Time now) {
  printed_ = now;
  const std::string line = progress_line(state, at_start_, now - *started_);
  const double part =
      share(state.evaluations_done + state.predictions_done, state.evaluations_total + state.predictions_total);
  // "\x1b[K" clears what a longer line left behind.
  std::fputs(
      (is_terminal_ ? fmt::format("\r{} {}\x1b[K", bar(part), line) : fmt::format("[{}] {}\n", clock_time(), line))
          .c_str(),
      out_);
  std::fflush(out_);
}

}  // namespace lorasweep
