// SPDX-License-Identifier: Apache-2.0
// The real BIG-Bench Hard, where LORASWEEP_BBH_DIR names a checkout of it (the folder that holds bbh/ and
// cot-prompts/).
#include "data/tasks/task.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

namespace lorasweep {
namespace {

class BbhCheckout : public testing::Test {
 protected:
  void SetUp() override {
    const char* place = std::getenv("LORASWEEP_BBH_DIR");
    if (place == nullptr) GTEST_SKIP() << "set LORASWEEP_BBH_DIR to a checkout of BIG-Bench Hard";
    tasks_ = std::filesystem::path(place) / "bbh";
  }
  std::filesystem::path tasks_;
};

TEST_F(BbhCheckout, GivesTwentySevenTasksOfTheKnownSizes) {
  const std::map<std::string, std::size_t> odd_sizes = {
      {"causal_judgement", 187}, {"penguins_in_a_table", 146}, {"snarks", 178}};
  const TaskSuite suite = read_tasks({.path = tasks_});
  EXPECT_TRUE(suite.problems.empty());
  ASSERT_EQ(suite.tasks.size(), 27u);
  std::size_t total = 0;
  for (const Task& task : suite.tasks) {
    const auto odd = odd_sizes.find(task.name);
    EXPECT_EQ(task.shots.size() + task.test.size(), odd == odd_sizes.end() ? 250u : odd->second) << task.name;
    EXPECT_EQ(task.few_shot.size(), task.test.size());
    total += task.shots.size() + task.test.size();
  }
  EXPECT_EQ(total, 6511u);
}

TEST_F(BbhCheckout, HasAnInstructionForEveryTask) {
  const TaskSuite suite =
      read_tasks({.path = tasks_, .pool = 10, .prompt = "{instruction}\n\nQ: {input}\nA:", .limit = 1});
  for (const TaskProblem& problem : suite.problems) ADD_FAILURE() << problem.message;
  ASSERT_EQ(suite.tasks.size(), 27u);
  for (const Task& task : suite.tasks) {
    const std::string instruction = task.test.at(0).input.substr(0, task.test.at(0).input.find("\n\nQ: "));
    EXPECT_GT(instruction.size(), 10u) << task.name;
    EXPECT_EQ(instruction.find("canary"), std::string::npos) << task.name;
  }
  EXPECT_TRUE(suite.tasks.at(2).test.at(0).input.starts_with("Infer the date from context.\n\nQ: "));
}

}  // namespace
}  // namespace lorasweep
