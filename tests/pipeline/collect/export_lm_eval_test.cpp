// SPDX-License-Identifier: Apache-2.0
// Files in lm-eval's layout: shares counted here by hand, hashes of what the lines themselves hold.
#include "pipeline/collect/export_lm_eval.h"

#include "data/core/digest.h"
#include "data/core/file.h"
#include "data/journal/subject.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

// One task of three examples; the base model alone and with shots in front, one search of two seeds.
SweepResults answered() {
  SweepResults r;
  r.created_utc = "2026-01-31T12:30:00Z";
  r.run_uuid = "u-u";
  r.summary.task = {"counting"};
  r.summary.seed = {7, 9};
  r.summary.n_examples = {3};
  r.summary.n_shots = {5};
  r.summary.task_sha256 = {"0123456789abcdef"};
  r.summary.canary = {"keep me"};
  const auto answer = [&](Subject of, std::int32_t replicate, std::int32_t example, std::string said, bool lmeval,
                          bool lorahub) {
    r.predictions.of.push_back(static_cast<std::int8_t>(of));
    r.predictions.task_index.push_back(0);
    r.predictions.replicate.push_back(replicate);
    r.predictions.example_index.push_back(example);
    r.predictions.target.push_back("t" + std::to_string(example));
    r.predictions.prediction.push_back(std::move(said));
    r.predictions.correct_lmeval.push_back(lmeval ? 1 : 0);
    r.predictions.correct_lorahub.push_back(lorahub ? 1 : 0);
  };
  for (std::int32_t e = 2; e >= 0; --e) answer(Subject::search, 1, e, e == 0 ? "t0" : "T1.", e < 2, e < 1);
  for (std::int32_t e = 0; e < 3; ++e) answer(Subject::few_shot, -1, e, "no", false, false);
  answer(Subject::search, 0, 0, "t0", true, true);  // the others are not there yet
  const auto text = [&](ExampleRole role, std::int32_t example, std::string input) {
    r.examples.task_index.push_back(0);
    r.examples.role.push_back(static_cast<std::int8_t>(role));
    r.examples.replicate.push_back(-1);
    r.examples.example_index.push_back(example);
    r.examples.file_index.push_back(example);
    r.examples.input.push_back(std::move(input));
    r.examples.target.emplace_back("t");
  };
  for (std::int32_t e = 0; e < 3; ++e) text(ExampleRole::test, e, "q" + std::to_string(e) + " \"\xc3\xa9\"");
  text(ExampleRole::few_shot, -1, "shots\n");
  return r;
}

class ExportLmEval : public testing::Test {
 protected:
  std::filesystem::path directory() const { return folder_.path() / "out"; }
  std::string text(const std::string& file) const { return read_file(directory() / file, 1 << 20); }
  std::vector<Json> samples(const std::string& way) const {
    std::istringstream lines(text("lorasweep__" + way + "/samples_counting_2026-01-31T12-30-00Z.jsonl"));
    std::vector<Json> all;
    for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
    return all;
  }
  Json of(const std::string& way) const {
    return Json::parse(text("lorasweep__" + way + "/results_2026-01-31T12-30-00Z.json"));
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ExportLmEval, GivesTheShareOfRightAnswersAndItsStandardError) {
  EXPECT_EQ(export_lm_eval(answered(), directory()), 0u);
  const Json search = of("search-r1");
  const Json& task = search["results"]["counting"];
  EXPECT_DOUBLE_EQ(task["exact_match,none"], 2.0 / 3);
  EXPECT_DOUBLE_EQ(task["exact_match_lorahub,none"], 1.0 / 3);
  // Of 1, 1, 0 the sample's variance is 1/3, of the mean of three a third of that.
  EXPECT_DOUBLE_EQ(task["exact_match_stderr,none"], std::sqrt(1.0 / 9));
  EXPECT_EQ(search["n-samples"]["counting"]["effective"], 3);
  EXPECT_EQ(search["config"]["seed"], 9);
  EXPECT_EQ(search["n-shot"]["counting"], 0);
  EXPECT_EQ(of("few-shot")["n-shot"]["counting"], 5);
  EXPECT_EQ(of("few-shot")["results"]["counting"]["exact_match,none"], 0.0);
  for (const char* key : {"group_subtasks", "configs", "versions", "higher_is_better", "task_hashes"})
    EXPECT_TRUE(search[key].contains("counting")) << key;
}

TEST_F(ExportLmEval, LeavesOutWhatIsNotWhole) {
  export_lm_eval(answered(), directory());
  EXPECT_FALSE(std::filesystem::exists(directory() / "lorasweep__search-r0"));
  SweepResults none = answered();
  none.summary.n_examples = {4};
  EXPECT_THAT(refusal_of([&] { export_lm_eval(none, directory()); }), Refused(ExitCode::bad_input, "/predictions"));
}

TEST_F(ExportLmEval, WritesALineAnAnswerWithItsQuestionAndHashes) {
  export_lm_eval(answered(), directory());
  const std::vector<Json> lines = samples("search-r1");
  ASSERT_EQ(lines.size(), 3u);
  std::string all;
  for (int e = 0; e < 3; ++e) {
    const Json& line = lines[static_cast<std::size_t>(e)];
    EXPECT_EQ(line["doc_id"], e);
    EXPECT_EQ(line["doc"]["input"], "q" + std::to_string(e) + " \"\xc3\xa9\"");
    EXPECT_EQ(line["doc"]["canary"], "keep me");
    EXPECT_EQ(line["target"], "t" + std::to_string(e));
    EXPECT_EQ(line["arguments"]["gen_args_0"]["arg_0"], line["doc"]["input"]);
    EXPECT_EQ(line["filtered_resps"], Json::array({e == 0 ? "t0" : "T1."}));
    EXPECT_EQ(line["resps"][0], line["filtered_resps"]);
    EXPECT_EQ(line["exact_match"], e < 2 ? 1.0 : 0.0);
    EXPECT_EQ(line["exact_match_lorahub"], e < 1 ? 1.0 : 0.0);
    EXPECT_EQ(line["prompt_hash"], sha256_hex(line["arguments"]["gen_args_0"]["arg_0"].get<std::string>()));
    EXPECT_EQ(line["target_hash"], sha256_hex(line["target"].get<std::string>()));
    all += line["doc_hash"].get<std::string>() + line["prompt_hash"].get<std::string>() +
           line["target_hash"].get<std::string>();
  }
  EXPECT_EQ(of("search-r1")["task_hashes"]["counting"], sha256_hex(all));
  EXPECT_EQ(samples("few-shot")[1]["arguments"]["gen_args_0"]["arg_0"], "shots\nq1 \"\xc3\xa9\"");
}

TEST_F(ExportLmEval, WithoutTextsWritesSharesAloneAndCountsTheTasks) {
  SweepResults results = answered();
  for (std::string& input : results.examples.input) input.clear();
  EXPECT_EQ(export_lm_eval(results, directory()), 1u);
  EXPECT_DOUBLE_EQ(of("search-r1")["results"]["counting"]["exact_match,none"], 2.0 / 3);
  EXPECT_FALSE(
      std::filesystem::exists(directory() / "lorasweep__search-r1" / "samples_counting_2026-01-31T12-30-00Z.jsonl"));
}

TEST_F(ExportLmEval, WritesNoSamplesWhereTheTextOfOneQuestionIsMissing) {
  SweepResults results = answered();
  results.examples.example_index[2] = 7;  // nobody has the question of the third example
  EXPECT_EQ(export_lm_eval(results, directory()), 1u);
  EXPECT_FALSE(
      std::filesystem::exists(directory() / "lorasweep__search-r1" / "samples_counting_2026-01-31T12-30-00Z.jsonl"));
  SweepResults unasked = answered();
  unasked.examples.role[3] = static_cast<std::int8_t>(ExampleRole::shot);  // what stood in front of the questions
  EXPECT_EQ(export_lm_eval(unasked, directory()), 1u);
  EXPECT_EQ(samples("search-r1").size(), 3u);
  EXPECT_FALSE(
      std::filesystem::exists(directory() / "lorasweep__few-shot" / "samples_counting_2026-01-31T12-30-00Z.jsonl"));
}

}  // namespace
}  // namespace lorasweep
