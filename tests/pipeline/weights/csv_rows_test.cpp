// SPDX-License-Identifier: Apache-2.0
// What Python's csv module writes and spreadsheets save; and what no table of weights is.
#include "pipeline/weights/csv_rows.h"

#include "data/core/error.h"
#include "tests/testing/expect_error.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

constexpr const char* header = "task,seed,adapter,weight\n";

Refusal refusal(const std::string& text) {
  return refusal_of([&] { parse_csv_rows(text, "w.csv"); });
}

TEST(CsvRows, AreReadInTheirOrder) {
  const WeightRows read = parse_csv_rows(std::string(header) + "t,1,org/a,0.5\n,,b,-1e-3\n", "w.csv");
  EXPECT_EQ(read.source, WeightSource::table);
  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[0].task, "t");
  EXPECT_EQ(read.rows[0].seed, 1u);
  EXPECT_EQ(read.rows[0].adapter, "org/a");
  EXPECT_EQ(read.rows[0].weight, 0.5);
  EXPECT_EQ(read.rows[0].where, "w.csv:2");
  EXPECT_EQ(read.rows[1].task, "");
  EXPECT_EQ(read.rows[1].seed, std::nullopt);
  EXPECT_EQ(read.rows[1].weight, -1e-3);
}

TEST(CsvRows, MayHaveAByteOrderMarkOtherLineEndsAndAnyOrderOfColumns) {
  const WeightRows read = parse_csv_rows(
      "\xEF\xBB\xBF"
      "weight,adapter,seed,task\r\n\r\n+2,a,4294967295,t\r\n",
      "w.csv");
  ASSERT_EQ(read.rows.size(), 1u);
  EXPECT_EQ(read.rows[0].task, "t");
  EXPECT_EQ(read.rows[0].seed, 4294967295u);
  EXPECT_EQ(read.rows[0].adapter, "a");
  EXPECT_EQ(read.rows[0].weight, 2);
  EXPECT_EQ(read.rows[0].where, "w.csv:3");
}

TEST(CsvRows, MaySayThePlaceThatAWeightIsFor) {
  const WeightRows read = parse_csv_rows("adapter,place,weight,task,seed\na,q,0.5,,\na,,1,,\n", "w.csv");
  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[0].place, "q");
  EXPECT_EQ(read.rows[0].weight, 0.5);
  EXPECT_EQ(read.rows[1].place, "");
  EXPECT_EQ(parse_csv_rows(std::string(header) + ",,b,1\n", "w.csv").rows[0].place, "");
  EXPECT_THAT(refusal("task,seed,adapter,place,weight\n,,b,1\n"), Refused(ExitCode::bad_input, "w.csv:2", {"4", "5"}));
}

TEST(CsvRows, AreQuotedAsRfc4180Has) {
  const WeightRows read =
      parse_csv_rows(std::string(header) + "\"a, b\",1,\"say \"\"x\"\"\",1\r\n\"two\nlines\",2,a,2\nt,3,a,3", "w.csv");
  ASSERT_EQ(read.rows.size(), 3u);
  EXPECT_EQ(read.rows[0].task, "a, b");
  EXPECT_EQ(read.rows[0].adapter, "say \"x\"");
  EXPECT_EQ(read.rows[1].task, "two\nlines");
  EXPECT_EQ(read.rows[1].where, "w.csv:3");
  EXPECT_EQ(read.rows[2].where, "w.csv:5") << "lines are those of the file";
}

TEST(CsvRows, KeepEveryBitOfAWeight) {
  const WeightRows read = parse_csv_rows(std::string(header) + ",,a,0.1\n,,b,0.30000000000000004\n", "w.csv");
  EXPECT_EQ(read.rows[0].weight, 0.1);
  EXPECT_EQ(read.rows[1].weight, 0.1 + 0.2);
}

TEST(CsvRows, AreRefusedByLineAndColumn) {
  const std::string h = header;
  EXPECT_THAT(refusal(""), Refused(ExitCode::bad_input, "w.csv"));
  EXPECT_THAT(refusal("t,1,a,0.5\n"), Refused(ExitCode::bad_input, "w.csv:1", {"t"}));
  EXPECT_THAT(refusal("task,seed,adapter,wieght\n"), Refused(ExitCode::bad_input, "w.csv:1", {"wieght"}));
  EXPECT_THAT(refusal("task,seed,adapter\n"), Refused(ExitCode::bad_input, "w.csv:1", {"weight"}));
  EXPECT_THAT(refusal("task,task,seed,adapter,weight\n"), Refused(ExitCode::bad_input, "w.csv:1", {"task", "twice"}));
  EXPECT_THAT(refusal(h + "t,1,a\n"), Refused(ExitCode::bad_input, "w.csv:2", {"3", "4"}));
  EXPECT_THAT(refusal(h + "t,1,a,1,x\n"), Refused(ExitCode::bad_input, "w.csv:2", {"5", "4"}));
  EXPECT_THAT(refusal(h + "t,-1,a,1\n"), Refused(ExitCode::bad_input, "w.csv:2", {"seed", "-1"}));
  EXPECT_THAT(refusal(h + "t,1.0,a,1\n"), Refused(ExitCode::bad_input, "w.csv:2", {"seed", "1.0"}));
  EXPECT_THAT(refusal(h + "t,4294967296,a,1\n"), Refused(ExitCode::bad_input, "w.csv:2", {"4294967296"}));
  for (const std::string weight : {"nan", "inf", "1e999", "0,5", "1 ", "0x1", "one"})
    EXPECT_EQ(refusal(h + "t,1,a," + weight + "\n").where, "w.csv:2") << weight;
  EXPECT_THAT(refusal(h + "t,1,a,\n"), Refused(ExitCode::bad_input, "w.csv:2", {"weight"}));
  EXPECT_EQ(refusal(h + "\"t,1,a,1\n").where, "w.csv:3") << "a quote without an end";
  EXPECT_EQ(refusal(h + "t\"x,1,a,1\n").where, "w.csv:2");
  EXPECT_EQ(refusal(h + "\"t\"x,1,a,1\n").where, "w.csv:2");
  EXPECT_EQ(refusal(h + "t,1,a\rb,1\n").where, "w.csv:2");
  EXPECT_EQ(refusal(h + std::string(100, ',') + "\n").where, "w.csv:2");
  EXPECT_EQ(refusal(std::string("\xFF\xFEt\0", 4)).where, "w.csv") << "UTF-16";
}

}  // namespace
}  // namespace lorasweep
