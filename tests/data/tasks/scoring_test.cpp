// SPDX-License-Identifier: Apache-2.0
// Both scoring rules against what Python gives, and accuracies against the reference's.
#include "data/tasks/scoring.h"

#include "data/tasks/task.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

nlohmann::json golden(const std::string& name) {
  std::ifstream file(std::string(LORASWEEP_GOLDEN_DIR "/oracle/") + name);
  return nlohmann::json::parse(file);
}

std::map<std::string, Task> golden_tasks() {
  std::map<std::string, Task> tasks;
  for (Task& task : read_tasks({.path = LORASWEEP_GOLDEN_DIR "/lorahub_tasks"}).tasks) tasks[task.name] = task;
  return tasks;
}

double lorahub_accuracy(const nlohmann::json& predictions, const Task& task) {
  EXPECT_EQ(predictions.size(), task.test.size());
  std::vector<std::int8_t> correct;
  for (std::size_t i = 0; i < predictions.size(); ++i)
    correct.push_back(correct_lorahub(predictions[i].get<std::string>(), task.test[i].target));
  return accuracy(correct);
}

TEST(Scoring, GivesTheAccuraciesOfTheReferenceToTheBit) {
  const auto tasks = golden_tasks();
  const auto runs = golden("lorahub_runs.json");
  ASSERT_EQ(runs.at("runs").size(), 40u);
  for (const auto& run : runs.at("runs"))
    EXPECT_EQ(lorahub_accuracy(run.at("predictions"), tasks.at(run.at("task"))), run.at("accuracy").get<double>());
  for (const auto& task : runs.at("summary")) {
    EXPECT_EQ(lorahub_accuracy(task.at("zero_shot_predictions"), tasks.at(task.at("task"))),
              task.at("zero_shot_accuracy").get<double>());
    EXPECT_EQ(lorahub_accuracy(task.at("few_shot_prompt_predictions"), tasks.at(task.at("task"))),
              task.at("few_shot_prompt_accuracy").get<double>());
  }
  const auto generations = golden("generations.json");
  for (const auto& run : generations)
    EXPECT_EQ(lorahub_accuracy(run.at("text"), tasks.at(run.at("task"))), run.at("accuracy").get<double>());
}

TEST(Scoring, LoraHubIgnoresOuterSpaceCaseAndFullStops) {
  EXPECT_TRUE(correct_lorahub(" Yes.\n", "yes"));
  EXPECT_TRUE(correct_lorahub("a.b.C", "ABC"));
  EXPECT_TRUE(correct_lorahub("\u00a0\u2003yes\u3000", "yes"));
  EXPECT_TRUE(correct_lorahub("", " . "));
  EXPECT_FALSE(correct_lorahub("(A)", "A"));
  EXPECT_FALSE(correct_lorahub("yes!", "yes"));
  EXPECT_FALSE(correct_lorahub("the answer is yes", "yes"));
}

TEST(Scoring, LoraHubStripsBeforeItRemovesFullStops) { EXPECT_FALSE(correct_lorahub("yes .", "yes")); }

TEST(Scoring, LmEvalIgnoresCaseAndAllAsciiPunctuation) {
  EXPECT_TRUE(correct_lmeval("(A)", "a"));
  EXPECT_TRUE(correct_lmeval("y!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~es", "YES"));
  EXPECT_TRUE(correct_lmeval("\u00abyes\u00bb", "\u00abYES\u00bb"));
  EXPECT_FALSE(correct_lmeval("\u00abyes\u00bb", "yes"));
}

TEST(Scoring, LmEvalKeepsWhiteSpace) {
  EXPECT_FALSE(correct_lmeval(" yes", "yes"));
  EXPECT_FALSE(correct_lmeval("yes\n", "yes"));
  EXPECT_TRUE(correct_lmeval("] ) }", "> > >"));
  EXPECT_FALSE(correct_lmeval("] )", "] ) }"));
}

TEST(Scoring, LowersLettersBeyondAscii) {
  EXPECT_TRUE(correct_lorahub("\u00c9COLE \u00dcBER \u0218I", "\u00e9cole \u00fcber \u0219i"));
  EXPECT_TRUE(correct_lmeval("\u00c9COLE", "\u00e9cole"));
  EXPECT_FALSE(correct_lorahub("\u00e9cole", "ecole"));
}

TEST(Scoring, TellsBrokenBytesApart) {
  EXPECT_FALSE(correct_lorahub("\xff", "\xfe"));
  EXPECT_TRUE(correct_lorahub("\xff", "\xff"));
}

TEST(Scoring, AccuracyRoundsAsTheReferenceDoes) {
  std::vector<std::int8_t> correct(100, 0);
  std::fill_n(correct.begin(), 57, std::int8_t{1});
  EXPECT_EQ(accuracy(correct), 56.99999999999999);
  EXPECT_TRUE(std::isnan(accuracy({})));
}

}  // namespace
}  // namespace lorasweep
