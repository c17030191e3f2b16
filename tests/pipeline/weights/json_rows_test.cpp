// SPDX-License-Identifier: Apache-2.0
// The same rows as objects.
#include "pipeline/weights/json_rows.h"

#include "data/core/error.h"
#include "tests/testing/expect_error.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

Refusal refusal(const std::string& text) {
  return refusal_of([&] { parse_json_rows(text, "w.json"); });
}

TEST(JsonRows, TakeAMissingAnEmptyAndANullKeyForAll) {
  const WeightRows read = parse_json_rows(
      R"([{"task": "t", "seed": 7, "adapter": "a", "weight": 0.30000000000000004},
          {"task": "", "seed": null, "weight": -2}])",
      "w.json");
  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[0].task, "t");
  EXPECT_EQ(read.rows[0].seed, 7u);
  EXPECT_EQ(read.rows[0].weight, 0.1 + 0.2);
  EXPECT_EQ(read.rows[0].where, "w.json: [0]");
  EXPECT_EQ(read.rows[1].task, "");
  EXPECT_EQ(read.rows[1].seed, std::nullopt);
  EXPECT_EQ(read.rows[1].adapter, "");
  EXPECT_EQ(read.rows[1].weight, -2);
}

TEST(JsonRows, AreRefusedByRowAndKey) {
  EXPECT_THAT(refusal(R"({"weight": 1})"), Refused(ExitCode::bad_input, "w.json", {"list"}));
  EXPECT_THAT(refusal(R"([{"weight": 1}, 2])"), Refused(ExitCode::bad_input, "w.json: [1]", {"object"}));
  EXPECT_THAT(refusal(R"([{"weight": 1, "adaptor": "a"}])"), Refused(ExitCode::bad_input, "w.json: [0]", {"adaptor"}));
  EXPECT_EQ(refusal(R"([{"adapter": "a"}])").where, "w.json: [0].weight");
  EXPECT_EQ(refusal(R"([{"weight": "1"}])").where, "w.json: [0].weight");
  EXPECT_EQ(refusal(R"([{"weight": 1, "seed": 1.5}])").where, "w.json: [0].seed");
  EXPECT_EQ(refusal(R"([{"weight": 1, "seed": "1"}])").where, "w.json: [0].seed");
  EXPECT_EQ(refusal(R"([{"weight": 1, "task": 3}])").where, "w.json: [0].task");
  EXPECT_EQ(refusal(R"([{"weight": 1e999}])").code, ExitCode::bad_input);
  EXPECT_EQ(refusal(R"([{"weight": 1},])").code, ExitCode::bad_input);
}

}  // namespace
}  // namespace lorasweep
