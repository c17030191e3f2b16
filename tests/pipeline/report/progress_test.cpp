// SPDX-License-Identifier: Apache-2.0
// What is shown of a sweep that runs: the numbers of the line, and when a line is printed.
#include "pipeline/report/progress.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace lorasweep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

ProgressState state(std::uint64_t evaluations, std::uint64_t answers) {
  return {
      .evaluations_done = evaluations, .evaluations_total = 200, .predictions_done = answers, .predictions_total = 50};
}

TEST(ProgressLine, SaysHowFarEvaluationsAndAnswersAre) {
  EXPECT_EQ(progress_line(state(33, 7), state(33, 7), seconds(0)), "evaluations 33/200 (16 %), answers 7/50");
}

TEST(ProgressLine, RoundsTheShareDownSoThatAHundredPerCentIsAll) {
  EXPECT_THAT(progress_line({.evaluations_done = 1999, .evaluations_total = 2000}, {}, seconds(0)),
              HasSubstr("(99 %)"));
  EXPECT_THAT(progress_line({.evaluations_done = 2000, .evaluations_total = 2000}, {}, seconds(0)),
              HasSubstr("(100 %)"));
  EXPECT_THAT(progress_line({}, {}, seconds(0)), HasSubstr("0/0 (100 %)")) << "nothing to do is done";
}

TEST(ProgressLine, MeasuresTheRateFromWhereThisProcessBegan) {
  // 100 of 200 were there before; 20 in 10 s; 80 are left.
  const std::string line = progress_line(state(120, 0), state(100, 0), seconds(10));
  EXPECT_THAT(line, HasSubstr(", 2.0 evaluations/s"));
  EXPECT_THAT(line, HasSubstr(", 40 s left"));
}

TEST(ProgressLine, TurnsToAnswersOnceAllEvaluationsAreThere) {
  const std::string line = progress_line(state(200, 30), state(150, 10), seconds(4));
  EXPECT_THAT(line, HasSubstr(", 5.0 answers/s"));
  EXPECT_THAT(line, HasSubstr(", 4 s left"));
}

TEST(ProgressLine, ShowsTheTimeLeftInTheUnitsThatAPersonReads) {
  const auto left = [](double elapsed) { return progress_line(state(100, 0), state(0, 0), seconds(1) * elapsed); };
  EXPECT_THAT(left(59), HasSubstr(", 59 s left"));
  EXPECT_THAT(left(61), HasSubstr(", 1 min 01 s left"));
  EXPECT_THAT(left(3600 + 120), HasSubstr(", 1 h 02 min left"));
}

TEST(ProgressLine, ClaimsNoSpeedAndNoBestBeforeThereIsOne) {
  const std::string line = progress_line(state(100, 0), state(100, 0), seconds(5));
  EXPECT_THAT(line, Not(HasSubstr("/s")));
  EXPECT_THAT(line, Not(HasSubstr("left")));
  EXPECT_THAT(line, Not(HasSubstr("best")));
  ProgressState found = state(100, 0);
  found.best_objective = 0.03125;
  EXPECT_THAT(progress_line(found, state(100, 0), seconds(5)), HasSubstr(", best 0.0312"));
}

/// A printer into a file that can be read back.
class Printed {
 public:
  explicit Printed(bool is_terminal) : file_(std::tmpfile()), printer_(file_.get(), is_terminal) {}
  ProgressPrinter& printer() { return printer_; }
  std::string text() {
    std::string all;
    std::array<char, 4096> piece{};
    std::rewind(file_.get());
    for (std::size_t read = 0; (read = std::fread(piece.data(), 1, piece.size(), file_.get())) > 0;)
      all.append(piece.data(), read);
    return all;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  ProgressPrinter printer_;
};

TEST(ProgressPrinter, PrintsALineEveryThirtySecondsIntoAFile) {
  Printed printed(/*is_terminal=*/false);
  const ProgressPrinter::Time start{};
  for (int second = 0; second <= 65; ++second)
    printed.printer().update(state(static_cast<std::uint64_t>(second), 0), start + seconds(second));
  const std::string text = printed.text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  // Each with its date and time, as the lines of the log around it.
  const std::string stamp = R"(\[[0-9]+-[0-9]+-[0-9]+ [0-9]+:[0-9]+:[0-9]+\] )";
  EXPECT_THAT(text, testing::ContainsRegex("^" + stamp + "evaluations 30/200"));
  EXPECT_THAT(text, testing::ContainsRegex("\n" + stamp + "evaluations 60/200"));
}

TEST(ProgressPrinter, RewritesOneLineOfATerminalAndEndsItAtLast) {
  Printed printed(/*is_terminal=*/true);
  const ProgressPrinter::Time start{};
  printed.printer().update(state(0, 0), start);
  printed.printer().update(state(50, 0), start + milliseconds(100));  // too soon
  printed.printer().update(state(100, 0), start + milliseconds(200));
  EXPECT_EQ(std::ranges::count(printed.text(), '\n'), 0);
  printed.printer().finish(state(200, 50), start + milliseconds(250));
  const std::string text = printed.text();
  EXPECT_THAT(text, Not(HasSubstr("evaluations 50/")));
  EXPECT_THAT(text, HasSubstr("\r[##########..............] evaluations 100/200")) << "100 of 250 are 10 of 24";
  EXPECT_THAT(text, HasSubstr("\r[########################] evaluations 200/200"));
  EXPECT_TRUE(text.ends_with("\n"));
}

}  // namespace
}  // namespace lorasweep
