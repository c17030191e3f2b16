// SPDX-License-Identifier: Apache-2.0
// When lines are printed, and what a terminal, a dumb one and a log file get.
#include "pipeline/report/progress_printer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <string>

namespace lorasweep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

ProgressView view(std::uint64_t evaluations) {
  return {.state = {.evaluations_done = evaluations, .evaluations_total = 200, .predictions_total = 50}};
}

/// A printer into a file that can be read back, before a terminal that can be changed.
class Printed {
 public:
  explicit Printed(Terminal before)
      : terminal(before), file_(std::tmpfile()), printer_(std::in_place, file_.get(), [this] { return terminal; }) {}
  /// Only if a line is due, as a sweep does it.
  void at(std::chrono::nanoseconds time, const ProgressView& shown) {
    const ProgressPrinter::Time now{time};
    if (printer_->due(now)) printer_->print(shown, now);
  }
  void finish(const ProgressView& shown) { printer_->finish(shown, ProgressPrinter::Time{seconds(1000)}); }
  void destroy() { printer_.reset(); }
  std::string text() {
    std::string all;
    std::array<char, 4096> piece{};
    std::rewind(file_.get());
    for (std::size_t read = 0; (read = std::fread(piece.data(), 1, piece.size(), file_.get())) > 0;)
      all.append(piece.data(), read);
    return all;
  }
  Terminal terminal;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::optional<ProgressPrinter> printer_;
};

/// What a screen of this width would show: of every line what was written to it last; longer lines go on in the next.
std::vector<std::string> screen_of(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 4, "\r\x1b[K") == 0) {
      lines.back().clear();
      i += 3;
    } else if (text[i] == '\n') {
      lines.emplace_back();
    } else {
      if (lines.back().size() == columns) lines.emplace_back();
      lines.back() += text[i];
    }
  }
  return lines;
}

TEST(ProgressPrinter, PrintsALineAtOnceAndThenEveryThirtySecondsIntoAFile) {
  Printed printed({});
  for (int second = 0; second <= 65; ++second) printed.at(seconds(second), view(static_cast<std::uint64_t>(second)));
  const std::string text = printed.text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  // Each with its date and time, as the lines of the log around it.
  const std::string stamp = R"(\[[0-9]+-[0-9]+-[0-9]+ [0-9]+:[0-9]+:[0-9]+\] )";
  EXPECT_THAT(text, testing::ContainsRegex("^" + stamp + "evaluations 0/200"));
  EXPECT_THAT(text, testing::ContainsRegex("\n" + stamp + "evaluations 30/200"));
  EXPECT_THAT(text, testing::ContainsRegex("\n" + stamp + "evaluations 60/200"));
}

TEST(ProgressPrinter, RewritesOneLineOfATerminalAndEndsItAtLast) {
  Printed printed({.rewrites = true, .columns = 80});
  printed.at(milliseconds(0), view(0));
  printed.at(milliseconds(100), view(50));  // too soon
  printed.at(milliseconds(200), view(100));
  EXPECT_EQ(std::ranges::count(printed.text(), '\n'), 0);
  EXPECT_THAT(printed.text(), Not(HasSubstr("evaluations 50/")));
  printed.finish(view(200));
  EXPECT_EQ(std::ranges::count(printed.text(), '\n'), 1);
  EXPECT_TRUE(printed.text().ends_with("\n"));
}

TEST(ProgressPrinter, NeverFillsALineOfTheTerminalWhateverItsWidth) {
  ProgressView full = view(33);
  full.state.best_objective = 0.5;
  full.evaluations_per_second = 1234.5;
  full.seconds_left = 100'000;
  for (const std::size_t columns : {2, 10, 20, 40, 79, 80, 100, 120, 200}) {
    Printed printed({.rewrites = true, .columns = columns});
    for (int i = 0; i < 5; ++i) printed.at(seconds(i), full);
    printed.finish(full);
    const auto screen = screen_of(printed.text(), columns);
    EXPECT_EQ(screen.size(), 2u) << columns << ": the line, and the empty one behind it";
    EXPECT_LT(screen[0].size(), columns);
  }
}

TEST(ProgressPrinter, BeginsALineOfItsOwnWhenTheWindowBecomesNarrower) {
  Printed printed({.rewrites = true, .columns = 100});
  printed.at(seconds(0), view(1));
  printed.terminal.columns = 40;
  printed.at(seconds(1), view(2));
  printed.at(seconds(2), view(3));
  const std::string after = printed.text().substr(printed.text().find('\n') + 1);
  EXPECT_EQ(screen_of(after, 40).size(), 1u);
  printed.terminal.columns = 120;
  printed.at(seconds(3), view(4));
  EXPECT_EQ(std::ranges::count(printed.text(), '\n'), 1) << "a wider one has room for the line that is there";
}

TEST(ProgressPrinter, GivesADumbTerminalWholeLinesThatFit) {
  Printed printed({.rewrites = false, .columns = 60});
  for (int second = 0; second <= 40; ++second) printed.at(seconds(second), view(33));
  EXPECT_EQ(std::ranges::count(printed.text(), '\n'), 2);
  std::istringstream lines(printed.text());
  for (std::string line; std::getline(lines, line);) EXPECT_LT(line.size(), 60u) << line;
  EXPECT_THAT(printed.text(), Not(HasSubstr("\x1b")));
}

TEST(ProgressPrinter, LeavesWhatFollowsALineOfItsOwnWhenTheSweepEndsWithAnError) {
  Printed printed({.rewrites = true, .columns = 80});
  printed.at(seconds(0), view(1));
  printed.destroy();
  EXPECT_TRUE(printed.text().ends_with("\n"));
}

TEST(Terminal, OfAFileIsNone) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  const Terminal terminal = terminal_of(file.get(), "xterm");
  EXPECT_FALSE(terminal.rewrites);
  EXPECT_EQ(terminal.columns, 0u);
}

}  // namespace
}  // namespace lorasweep
