// SPDX-License-Identifier: Apache-2.0
// The exit code of results that were written.
#include "pipeline/collect/report_results.h"

#include <gmock/gmock.h>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// One task with two seeds, of which the second is missing.
SweepResults half() {
  SweepResults results{.complete = false, .n_units = 2, .n_failed = 0};
  results.summary.task = {"counting"};
  results.summary.seed = {1, 2};
  results.summary.accuracy = {50, unknown};
  results.summary.status = {static_cast<std::int8_t>(SearchStatus::ok),
                            static_cast<std::int8_t>(SearchStatus::missing)};
  return results;
}
SweepResults whole() {
  SweepResults results = half();
  results.complete = true;
  results.summary.accuracy[1] = 70;
  results.summary.status[1] = static_cast<std::int8_t>(SearchStatus::ok);
  return results;
}

ExitCode code_of(const SweepResults& results, SweepShare coverage, std::size_t failed_trials = 0) {
  testing::internal::CaptureStdout();
  const ExitCode code = report_results(results, "/somewhere/results.h5", coverage, failed_trials);
  EXPECT_THAT(testing::internal::GetCapturedStdout(), testing::HasSubstr("results: /somewhere/results.h5\n"));
  return code;
}

TEST(ReportResults, IsOkWhereEverythingIsThere) { EXPECT_EQ(code_of(whole(), SweepShare::whole), ExitCode::ok); }

TEST(ReportResults, MissesWhatAWholeSweepShouldHaveAndAPartNeedNot) {
  EXPECT_EQ(code_of(half(), SweepShare::whole), ExitCode::failed_units);
  EXPECT_EQ(code_of(half(), SweepShare::part), ExitCode::ok);
}

TEST(ReportResults, SaysThatUnitsFailedEitherWay) {
  SweepResults failed = whole();
  failed.n_failed = 1;
  failed.summary.status[1] = static_cast<std::int8_t>(SearchStatus::failed);
  EXPECT_EQ(code_of(failed, SweepShare::whole), ExitCode::failed_units);
  EXPECT_EQ(code_of(failed, SweepShare::part), ExitCode::failed_units);
}

TEST(ReportResults, SaysThatTrialsFailedThoughEverySearchIsThere) {
  EXPECT_EQ(code_of(whole(), SweepShare::whole, 1), ExitCode::failed_units);
  EXPECT_EQ(code_of(whole(), SweepShare::part, 1), ExitCode::failed_units);
  EXPECT_EQ(report_failed_trials(2), ExitCode::failed_units);
  EXPECT_EQ(report_failed_trials(0), ExitCode::ok);
}

}  // namespace
}  // namespace lorasweep
