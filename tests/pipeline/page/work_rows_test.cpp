// SPDX-License-Identifier: Apache-2.0
// Times are read from files of every age, and from damaged ones.
#include "pipeline/page/work_rows.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

SweepResults two_evaluations() {
  SweepResults results;
  results.evaluations.step = {0, 1};
  results.evaluations.worker_rank = {1, 1};
  results.evaluations.attempt = {0, 1};
  results.evaluations.duration_s = {2, 3};
  results.evaluations.t_finished_utc = {100, 105};
  return results;
}

TEST(WorkRows, OfAnOlderFileAreItsSearchesEvaluations) {
  const std::vector<WorkRow> rows = work_rows(two_evaluations());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].unit, "evaluation");
  EXPECT_EQ(rows[0].worker, 1);
  EXPECT_EQ(rows[0].sum.units, 2u);
  EXPECT_EQ(rows[0].sum.again, 1u);
  EXPECT_EQ(rows[0].sum.seconds, 5);
  EXPECT_EQ(rows[0].sum.first, 98);
  EXPECT_EQ(rows[0].sum.last, 105);
}

TEST(WorkRows, AreThoseOfTheFileWhereItHasThem) {
  SweepResults results = two_evaluations();
  results.provenance["work"] =
      R"([{"run": 1, "phase": "zero-shot", "unit": "answer", "worker": 4, "units": 7, "again": 0, "seconds": 1.5,
           "first_utc": 10, "last_utc": 12}])";
  const std::vector<WorkRow> rows = work_rows(results);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].run, 1);
  EXPECT_EQ(rows[0].phase, "zero-shot");
  EXPECT_EQ(rows[0].worker, 4);
  EXPECT_EQ(rows[0].sum.units, 7u);
  EXPECT_EQ(rows[0].sum.last, 12);
}

TEST(WorkRows, OfADamagedTextAreThoseOfTheEvaluations) {
  for (const char* text : {"", "{}", "[1]", R"([{"run": 0}])",
                           R"([{"run": 0.5, "phase": "search", "unit": "answer", "worker": 1, "units": 1, "again": 0,
                                "seconds": 1, "first_utc": 1, "last_utc": 2}])"}) {
    SweepResults results = two_evaluations();
    results.provenance["work"] = text;
    const std::vector<WorkRow> rows = work_rows(results);
    ASSERT_EQ(rows.size(), 1u) << text;
    EXPECT_EQ(rows[0].sum.units, 2u) << text;
  }
}

}  // namespace
}  // namespace lorasweep
