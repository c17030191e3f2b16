// SPDX-License-Identifier: Apache-2.0
// A whole page: of old files, of files with almost nothing in them, and where it is written.
#include "pipeline/page/page.h"

#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::HasSubstr;
using testing::Not;

NamedResults fixture(const std::string& name) {
  return {name, read_results(std::filesystem::path(FIXTURES) / name / "results.h5")};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Page, ShowsEverySearchOfAFileOfTheFirstSchema) {
  const std::string html = page({fixture("lorahub")}, {});
  EXPECT_THAT(html, testing::StartsWith(page_start));
  EXPECT_EQ(count(html, "<circle class=\"dot\""), 4);  // two tasks, two seeds
  EXPECT_EQ(count(html, "<path class=\"trace"), 4);
  EXPECT_THAT(html, Not(HasSubstr("<script src")));
  EXPECT_THAT(html, Not(HasSubstr("https:")));
}

TEST(Page, ShowsAsManyAnswersAsWereAskedFor) {
  const NamedResults file = fixture("lorahub");
  EXPECT_EQ(count(page({file}, {.answers = ShownAnswers::none}), "data-c=\""), 0);
  EXPECT_EQ(count(page({file}, {.answers = ShownAnswers::all}), "data-c=\""), 24);  // two tasks, twelve examples
  const std::string changed = page({file}, {.answers = ShownAnswers::changed});
  EXPECT_EQ(count(changed, "data-c=\"gained\"") + count(changed, "data-c=\"lost\""), count(changed, "data-c=\""));
}

TEST(Page, ShowsAFileInWhichNothingIsThereYet) {
  NamedResults empty = fixture("lorahub");
  SweepResults& r = empty.results;
  r.evaluations = {};
  r.predictions = {};
  r.provenance = {{"sessions", "no JSON"}, {"manifests", "[1]"}, {"failures", "{\"a\": 1}"}};
  r.complete = false;
  for (auto* column : {&r.summary.best_objective, &r.summary.best_weights, &r.summary.objective_trace})
    for (double& value : *column) value = std::numeric_limits<double>::quiet_NaN();
  for (auto& value : r.summary.status) value = static_cast<std::int8_t>(SearchStatus::missing);
  const std::string html = page({empty}, {});
  EXPECT_THAT(html, HasSubstr("not finished"));
  EXPECT_EQ(count(html, "<circle class=\"dot\""), 0);
}

TEST(Page, RefusesFilesWithoutACommonTask) {
  EXPECT_THAT(refusal_of([] {
                page({fixture("lorahub"), fixture("exact")}, {});
              }),
              RefusedWith(ExitCode::bad_input, "exact", std::vector<std::string>{"lorahub"}));
}

TEST(WritePage, ReplacesAReportAndNothingElse) {
  const TemporaryFolder folder;
  const std::filesystem::path report = folder.path() / "report.html", other = folder.path() / "page.html";
  const std::string html = std::string(page_start) + "<html></html>";
  write_page(html, report);
  write_page(html + "\n", report);
  EXPECT_EQ(read_file(report, 1 << 20), html + "\n");

  write_file_atomically(other, "<!DOCTYPE html>\n<html>somebody's work</html>");
  EXPECT_THAT(refusal_of([&] { write_page(html, other); }),
              RefusedWith(ExitCode::usage, "--out", std::vector<std::string>{"page.html"}));
  EXPECT_EQ(read_file(other, 1 << 20), "<!DOCTYPE html>\n<html>somebody's work</html>");
  EXPECT_EQ(refusal_of([&] { write_page(html, folder.path()); }).code, ExitCode::usage);
}

}  // namespace
}  // namespace lorasweep
