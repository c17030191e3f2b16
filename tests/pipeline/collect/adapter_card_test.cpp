// SPDX-License-Identifier: Apache-2.0
// Cards and recipes: what they say, and what strangers' names cannot make of them.
#include "pipeline/collect/adapter_card.h"

#include "data/core/file.h"
#include "pipeline/collect/export_adapter.h"
#include "tests/data/results/sample_results.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::Contains;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

TEST(Recipe, HasTheMixtureItsDigestsAndTheSearch) {
  const SweepResults results = sample_results();
  const ComposedModel& composed = results.composed[0];  // of the second task
  const auto recipe = nlohmann::json::parse(recipe_of(results, composed, std::nullopt));
  EXPECT_EQ(recipe["task"], results.summary.task[1]);
  EXPECT_EQ(recipe["seed"], results.summary.seed[0]);
  EXPECT_EQ(recipe["run_uuid"], results.run_uuid);
  EXPECT_EQ(recipe["cut_to_rank"], nullptr);
  ASSERT_EQ(recipe["adapters"].size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(recipe["adapters"][i]["name"], composed.adapters[i]);
    EXPECT_EQ(recipe["adapters"][i]["weight"], composed.weights[i]);
    EXPECT_EQ(recipe["adapters"][i]["sha256"], results.adapters.sha256[i]);
  }
  EXPECT_EQ(recipe["best_objective"], results.summary.best_objective[1 * results.summary.seed.size()]);
  EXPECT_EQ(nlohmann::json::parse(recipe_of(results, composed, 4))["cut_to_rank"], 4);
}

TEST(Recipe, SaysNothingOfWhatAnOlderFileDoesNotKnow) {
  SweepResults results = sample_results();
  results.summary.task_sha256 = {"", ""};
  results.summary.shot_seed = {-1, -1};
  results.provenance.clear();
  const auto recipe = nlohmann::json::parse(recipe_of(results, results.composed[0], std::nullopt));
  for (const char* key : {"task_sha256", "shot_seed", "composition", "lorasweep"})
    EXPECT_EQ(recipe[key], nullptr) << key;
}

TEST(Card, HasFrontMatterAndALineForEachAdapter) {
  SweepResults results = sample_results();
  results.composed[0].adapter_config = R"({"base_model_name_or_path": "google/flan-t5-large"})";
  const auto lines = lines_of(card_of(results, results.composed[0], std::nullopt));
  ASSERT_GT(lines.size(), 8u);
  EXPECT_EQ(lines[0], "---");
  EXPECT_EQ(lines[1], "base_model: \"google/flan-t5-large\"");
  EXPECT_EQ(lines[2], "library_name: peft");
  EXPECT_THAT(lines, Contains("| alpha | 0.5 |"));
  EXPECT_THAT(lines, Contains("| beta | -1.25 |"));
}

TEST(Card, NamesNoBaseModelThatIsAPlaceOnADisk) {
  SweepResults results = sample_results();
  for (const char* place : {"/models/flan", "./flan", "~/flan", "a/b/c", ""}) {
    results.composed[0].adapter_config = nlohmann::json{{"base_model_name_or_path", place}}.dump();
    EXPECT_EQ(lines_of(card_of(results, results.composed[0], std::nullopt))[1], "library_name: peft") << place;
  }
}

TEST(Card, LetsNoNameBecomeMarkupOrYaml) {
  SweepResults results = sample_results();
  results.summary.task[1] = "x\n---\n# y <script>alert(1)</script> [a](b) `c`";
  results.composed[0].adapters[0] = "a | b\n| c | 1 |";
  results.composed[0].adapter_config = nlohmann::json{{"base_model_name_or_path", "b\nlicense: mit\n---\n<b>"}}.dump();
  const std::string card = card_of(results, results.composed[0], std::nullopt);
  const auto lines = lines_of(card);
  EXPECT_EQ(lines[1], R"(base_model: "b\nlicense: mit\n---\n<b>")");
  EXPECT_EQ(std::ranges::count(lines, "---"), 2);
  EXPECT_THAT(lines, Not(Contains("| c | 1 |")));
  EXPECT_EQ(card.find("<script>"), std::string::npos);
  EXPECT_THAT(
      lines,
      Contains(R"(# A LoRA adapter composed for x \-\-\- \# y \<script\>alert\(1\)\</script\> \[a\]\(b\) \`c\`)"));
  EXPECT_THAT(lines, Contains(R"(| a \| b \| c \| 1 \| | 0.5 |)"));
}

TEST(Card, IsNotPutOverOneThatSomebodyElseWrote) {
  const TemporaryFolder folder;
  const SweepResults results = sample_results();
  export_adapters(results, folder.path());
  EXPECT_TRUE(export_adapters(results, folder.path()).empty()) << "its own are made again";
  const auto card = folder.path() / results.summary.task[1] / "r0" / card_name;
  write_file_atomically(card, "# Mine\n");
  EXPECT_THAT(refusal_of([&] { export_adapters(results, folder.path()); }), Refused(ExitCode::usage, card.string()));
  EXPECT_EQ(read_file(card, 100), "# Mine\n");
}

}  // namespace
}  // namespace lorasweep
