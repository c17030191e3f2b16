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
  SweepResults results = sample_results();
  results.provenance["version"] = "9.8.7";
  results.provenance["manifests"] = R"([{"manifest": {"base": {"sha256": "b0b0"}, "settings": {"search":
      {"method": "cma", "composition": "exact", "loss": "token-mean", "l1": 0.25}}}}])";
  const ComposedModel& composed = results.composed[0];  // of the second task
  const auto recipe = nlohmann::json::parse(recipe_of(results, origin_of(results, "abc"), composed, std::nullopt));
  EXPECT_EQ(recipe["task"], results.summary.task[1]);
  EXPECT_EQ(recipe["seed"], results.summary.seed[0]);
  EXPECT_EQ(recipe["run_uuid"], results.run_uuid);
  EXPECT_EQ(recipe["cut_to_rank"], nullptr);
  EXPECT_EQ(recipe["lorasweep"], "9.8.7");
  EXPECT_EQ(recipe["results_sha256"], "abc");
  EXPECT_EQ(recipe["base_sha256"], "b0b0");
  EXPECT_EQ(recipe["method"], "cma");
  EXPECT_EQ(recipe["composition"], "exact");
  EXPECT_EQ(recipe["loss"], "token-mean");
  EXPECT_EQ(recipe["l1"], 0.25);
  ASSERT_EQ(recipe["adapters"].size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(recipe["adapters"][i]["name"], composed.adapters[i]);
    EXPECT_EQ(recipe["adapters"][i]["weight"], composed.weights[i]);
    EXPECT_EQ(recipe["adapters"][i]["sha256"], results.adapters.sha256[i]);
  }
  EXPECT_EQ(recipe["best_objective"], results.summary.best_objective[1 * results.summary.seed.size()]);
  EXPECT_EQ(nlohmann::json::parse(recipe_of(results, {}, composed, 4))["cut_to_rank"], 4);
}

TEST(Recipe, HasNothingOfAProvenanceThatSaysSomethingElse) {
  SweepResults results = sample_results();
  for (const char* manifests : {"", "[", "[]", "7", "[3]", R"([{"manifest": 1}])",
                                R"([{"manifest": {"base": [], "settings": {"search": {"method": 1, "l1": "x"}}}}])"}) {
    results.provenance["manifests"] = manifests;
    const auto recipe =
        nlohmann::json::parse(recipe_of(results, origin_of(results, ""), results.composed[0], std::nullopt));
    for (const char* key : {"results_sha256", "base_sha256", "method", "composition", "loss", "l1"})
      EXPECT_EQ(recipe[key], nullptr) << key << " of " << manifests;
  }
}

TEST(Card, SaysOfNoMixtureWhatTheGuardLetAnotherAnswer) {
  SweepResults results = sample_results();
  const ComposedModel& composed = results.composed[0];
  const auto search = static_cast<std::size_t>(composed.task_index) * results.summary.seed.size();
  results.summary.accuracy[search] = 61.5;
  const auto line_of = [&](GuardCode guard) {
    results.summary.guard[search] = static_cast<std::int8_t>(guard);
    const auto recipe = nlohmann::json::parse(recipe_of(results, {}, composed, std::nullopt));
    for (const std::string& line : lines_of(card_of(results, {}, composed, std::nullopt)))
      if (line.ends_with("61.5 %"))
        return recipe["answered"].get<std::string>() + ": " + line.substr(0, line.find(':'));
    return std::string("no line");
  };
  const std::string mine = "- accuracy on " + std::to_string(results.summary.n_examples[1]) + " test examples";
  EXPECT_EQ(line_of(GuardCode::none), "mixture: " + mine);
  EXPECT_EQ(line_of(GuardCode::mixture), "mixture: " + mine);
  EXPECT_EQ(line_of(GuardCode::base), "base: " + mine + ", of what answered");
  EXPECT_EQ(line_of(GuardCode::best_single), "best_single: " + mine + ", of what answered");
}

TEST(Recipe, SaysNothingOfWhatAnOlderFileDoesNotKnow) {
  SweepResults results = sample_results();
  results.summary.task_sha256 = {"", ""};
  results.summary.shot_seed = {-1, -1};
  results.provenance.clear();
  const auto recipe =
      nlohmann::json::parse(recipe_of(results, origin_of(results, ""), results.composed[0], std::nullopt));
  for (const char* key : {"task_sha256", "shot_seed", "composition", "lorasweep"})
    EXPECT_EQ(recipe[key], nullptr) << key;
}

TEST(Card, HasFrontMatterAndALineForEachAdapter) {
  SweepResults results = sample_results();
  results.composed[0].adapter_config = R"({"base_model_name_or_path": "google/flan-t5-large"})";
  const auto lines = lines_of(card_of(results, {}, results.composed[0], std::nullopt));
  ASSERT_GT(lines.size(), 8u);
  EXPECT_EQ(lines[0], "---");
  EXPECT_EQ(lines[1], "base_model: \"google/flan-t5-large\"");
  EXPECT_EQ(lines[2], "library_name: peft");
  EXPECT_THAT(lines, Contains("| alpha | 0.5 |"));
  EXPECT_THAT(lines, Contains("| beta | -1.25 |"));
}

TEST(Card, NamesNoBaseModelThatIsAPlaceOnADisk) {
  SweepResults results = sample_results();
  for (const char* place :
       {"/models/flan", "./flan", "~/flan", "a/b/c", "", "a/", "a b", "flan\xf0\x9f\x98\x80", "a\"b"}) {
    results.composed[0].adapter_config = nlohmann::json{{"base_model_name_or_path", place}}.dump();
    EXPECT_EQ(lines_of(card_of(results, {}, results.composed[0], std::nullopt))[1], "library_name: peft") << place;
  }
}

TEST(Card, LetsNoNameBecomeMarkupOrYaml) {
  SweepResults results = sample_results();
  results.summary.task[1] = "x\n---\n# y\x1b <script>alert(1)</script> [a](b) `c`";
  results.composed[0].adapters[0] = "a | b\n| c | 1 |";
  results.composed[0].adapter_config = nlohmann::json{{"base_model_name_or_path", "b\nlicense: mit\n---\n<b>"}}.dump();
  const std::string card = card_of(results, {}, results.composed[0], std::nullopt);
  const auto lines = lines_of(card);
  EXPECT_EQ(lines[1], "library_name: peft");
  EXPECT_EQ(std::ranges::count(lines, "---"), 2);
  EXPECT_THAT(lines, Not(Contains("| c | 1 |")));
  EXPECT_EQ(card.find("<script>"), std::string::npos);
  EXPECT_THAT(
      lines,
      Contains(R"(# A LoRA adapter composed for x \-\-\- \# y  \<script\>alert\(1\)\</script\> \[a\]\(b\) \`c\`)"));
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
