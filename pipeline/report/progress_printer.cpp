// SPDX-License-Identifier: Apache-2.0
// When lines are printed, and how wide they may be.
#include "pipeline/report/progress_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::chrono::milliseconds between_bars{200};
constexpr std::chrono::seconds between_lines{30};

// As the lines of the log around it have it.
std::string clock_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  localtime_r(&now, &local);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

// A character in the last column makes some terminals begin a new line.
std::size_t room_on(const Terminal& terminal) { return terminal.columns > 1 ? terminal.columns - 1 : any_width; }

}  // namespace

ProgressPrinter::ProgressPrinter() : ProgressPrinter(stderr, [] { return terminal_of(stderr); }) {}

ProgressPrinter::ProgressPrinter(std::FILE* out, AskTerminal ask)
    : out_(out), ask_(std::move(ask)), rewrites_(ask_().rewrites) {}

ProgressPrinter::~ProgressPrinter() { end_line(); }

bool ProgressPrinter::due(Time now) const {
  return !printed_ || now - *printed_ >= (rewrites_ ? Time::duration(between_bars) : Time::duration(between_lines));
}

void ProgressPrinter::print(const ProgressView& view, Time now) {
  printed_ = now;
  const Terminal terminal = ask_();
  const std::size_t room = room_on(terminal);
  if (!rewrites_) {
    const std::string stamp = "[" + clock_time() + "] ";
    std::fputs((stamp + progress_line(view, room - std::min(room, stamp.size())) + "\n").c_str(), out_);
  } else {
    // A narrower window has broken the bar that is there into two lines, of which only the last one can be cleared.
    if (on_screen_ > room) end_line();
    const std::string bar = progress_bar(view, room);
    std::fputs((std::string(clear_line) + bar).c_str(), out_);
    on_screen_ = bar.size();
  }
  std::fflush(out_);
}

void ProgressPrinter::finish(const ProgressView& view, Time now) {
  print(view, now);
  end_line();
}

void ProgressPrinter::end_line() {
  if (std::exchange(on_screen_, 0) == 0) return;
  std::fputc('\n', out_);
  std::fflush(out_);
}

}  // namespace lorasweep
