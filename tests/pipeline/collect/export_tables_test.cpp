// SPDX-License-Identifier: Apache-2.0
// Tables as CSV and JSON lines, read back by other means.
#include "pipeline/collect/export_tables.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "tests/data/results/sample_results.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ExportTablesTest : public testing::Test {
 protected:
  std::filesystem::path directory() const { return folder_.path() / "tables"; }
  std::string text(const char* file) const { return read_file(directory() / file, 1 << 20); }
  std::vector<std::string> lines(const char* file) const {
    std::istringstream stream(text(file));
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ExportTablesTest, WritesOneCsvFileATable) {
  export_csv(sample_results(), directory());
  EXPECT_EQ(lines("summary.csv").size(), 1u + 4);
  EXPECT_EQ(lines("evaluations.csv").size(), 1u + 12);
  EXPECT_EQ(lines("predictions.csv").size(), 1u + 4 + 1);  // one text goes over two lines
  EXPECT_EQ(lines("adapters.csv").size(), 1u + 3);
  EXPECT_EQ(lines("examples.csv").size(), 1u + 4 + 3);  // one text goes over four lines
  EXPECT_EQ(lines("statistics.csv").size(), 1u + 3);
  EXPECT_EQ(lines("screen.csv").size(), 1u + 6);
  EXPECT_FALSE(std::filesystem::exists(directory() / "tokens.csv"));
}

TEST_F(ExportTablesTest, NamesTasksAndCodesAndLeavesGapsEmpty) {
  export_csv(sample_results(), directory());
  const auto summary = lines("summary.csv");
  EXPECT_THAT(summary[0], StartsWith("task,replicate,seed,n_examples,n_shots,accuracy,accuracy_lmeval,"));
  EXPECT_THAT(summary[0], HasSubstr(",best_weights_0,best_weights_1,best_weights_2,adapter_index_0,"));
  EXPECT_EQ(summary[1],
            "counting_ünits,0,42,2,5,10,10.5,50,50,100,100,0.25,0,ok,0,0.125,0.25,0,1,2,1,0.5,0."
            "3333333333333333,0.25,2,1,0,2,," +
                std::string(64, '1') + ",keep this with the texts,,,30,30.5,,,42,0.5,1,mixture,0.125,1,,1,2,3,0,2,40");
  EXPECT_EQ(summary[4], "word order,1,7,3,5,,,0,33.333333333333336,,,,,missing,,,,,,,,,,,0,0,0,0,3," +
                            std::string(64, '2') + ",,,,,,,,42,,,none,,,,,,,0,,");
  EXPECT_THAT(lines("evaluations.csv")[0], StartsWith("row,task_index,task,replicate,step,loss,"));
  EXPECT_THAT(lines("evaluations.csv")[7], StartsWith("6,0,counting_ünits,1,1,inf,0.05,inf,not_finite,"));
}

TEST_F(ExportTablesTest, NamesThePlacesThatWeightsAreOf) {
  SweepResults results = sample_results();
  results.summary.place = {"q", "v"};
  for (auto* weights : {&results.summary.best_weights, &results.evaluations.weights}) {
    std::vector<double> each;
    for (const double value : *weights) each.insert(each.end(), {value, value + 1000});
    *weights = std::move(each);
  }
  export_csv(results, directory());
  EXPECT_THAT(lines("summary.csv")[0],
              HasSubstr(",best_weights_0_q,best_weights_0_v,best_weights_1_q,best_weights_1_v,best_weights_2_q,"));
  EXPECT_THAT(lines("summary.csv")[1], HasSubstr(",ok,0,1000,0.125,1000.125,0.25,1000.25,0,1,2,"));
  EXPECT_THAT(lines("evaluations.csv")[0], HasSubstr(",weights_2_q,weights_2_v,nll_0,"));
}

TEST_F(ExportTablesTest, PutsTokensBesideTheirAnswers) {
  export_csv(sample_results(), directory());
  EXPECT_THAT(lines("predictions.csv")[0], testing::EndsWith(",first_token,n_tokens,tokens"));
  EXPECT_THAT(lines("predictions.csv")[1], testing::EndsWith(",0,3,20 21 22"));
  EXPECT_THAT(text("predictions.csv"), HasSubstr(",yes,yes,yes,,,\n")) << "of one answer they are not known";
  export_jsonl(sample_results(), directory());
  const auto first = nlohmann::json::parse(lines("predictions.jsonl")[0]);
  EXPECT_EQ(first["tokens"], (std::vector<int>{20, 21, 22}));
  EXPECT_TRUE(nlohmann::json::parse(lines("predictions.jsonl")[1])["tokens"].is_null());
}

TEST_F(ExportTablesTest, NamesWhatAScreenAndStatisticsAreOf) {
  export_csv(sample_results(), directory());
  EXPECT_EQ(lines("screen.csv")[0], "task,adapter,loss,nll_0,nll_1");
  EXPECT_EQ(lines("screen.csv")[2], "counting_ünits,beta,0.25,3,4");
  EXPECT_EQ(lines("screen.csv")[3], "counting_ünits,gamma,,,");
  EXPECT_THAT(lines("statistics.csv")[2],
              StartsWith("1,0,counting_ünits,search,zero_shot,-39.5,-50,-20,0.125,0.25,sign_"));
  EXPECT_THAT(lines("statistics.csv")[3], StartsWith("2,,,search,none,10.5,"));
}

TEST_F(ExportTablesTest, QuotesAsRfc4180Says) {
  export_csv(sample_results(), directory());
  EXPECT_THAT(text("predictions.csv"), HasSubstr(",\"say \"\"no\"\", then\",\"line\nbreak\","));
  EXPECT_THAT(text("adapters.csv"), HasSubstr("0,alpha,lib/alpha,"));
  EXPECT_THAT(text("adapters.csv"), HasSubstr(",tiny,\"q,v\",14,0\n"));
}

TEST_F(ExportTablesTest, WritesOneJsonObjectALine) {
  export_jsonl(sample_results(), directory());
  const auto summary = nlohmann::json::parse(lines("summary.jsonl")[3]);
  EXPECT_EQ(summary["task"], "word order");
  EXPECT_EQ(summary["replicate"], 1);
  EXPECT_EQ(summary["accuracy_zero_shot_lmeval"].get<double>(), 100.0 / 3);
  EXPECT_TRUE(summary["accuracy"].is_null());
  EXPECT_TRUE(summary["best_step"].is_null());
  EXPECT_EQ(summary["adapter_index"].size(), 3u);
  const auto evaluation = nlohmann::json::parse(lines("evaluations.jsonl")[0]);
  EXPECT_EQ(evaluation["loss"].get<double>(), 1.0 / 12);
  EXPECT_EQ(evaluation["weights"][1].get<double>(), 11.25);
  EXPECT_TRUE(evaluation["weights"][2].is_null());
  const auto prediction = nlohmann::json::parse(lines("predictions.jsonl")[2]);
  EXPECT_EQ(prediction["prediction"], "line\nbreak");
  EXPECT_EQ(prediction["of"], "search");
  EXPECT_EQ(lines("adapters.jsonl").size(), 3u);
}

TEST_F(ExportTablesTest, WritesHeadersOfEmptyTables) {
  export_csv(SweepResults{}, directory());
  EXPECT_EQ(lines("predictions.csv").size(), 1u);
  export_jsonl(SweepResults{}, directory());
  EXPECT_EQ(text("predictions.jsonl"), "");
}

TEST_F(ExportTablesTest, RefusesADirectoryThatCannotBe) {
  std::ofstream(directory()) << "a file";
  EXPECT_THROW(export_csv(sample_results(), directory()), StorageError);
  EXPECT_THROW(export_jsonl(sample_results(), directory() / "below"), StorageError);
}

}  // namespace
}  // namespace lorasweep
