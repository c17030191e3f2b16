// SPDX-License-Identifier: Apache-2.0
// Greedy answers and accuracies against the reference's, for whole test sets.
#include "data/tasks/scoring.h"
#include "data/tasks/task.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lorasweep {
namespace {

const Task& task_of(const std::string& name) {
  static const TaskSuite suite = read_tasks({.path = oracle::demo("tasks"), .pool = 10});
  return *std::ranges::find(suite.tasks, name, &Task::name);
}

// Rounding may decide where the two best logits are this close.
constexpr double near_tie = 1e-3;

class Generations : public testing::TestWithParam<DeviceKind> {};

TEST_P(Generations, AreThoseOfTheReferenceTokenByToken) {
  if (device_count(GetParam()) == 0) GTEST_SKIP() << "no CUDA device here";
  int exact = 0, ties = 0;
  for (const auto& group : oracle::golden_json("generations.json")) {
    const Task& task = task_of(group.at("task").get_ref<const std::string&>());
    const auto expected = group.at("token_ids").get<std::vector<TokenIds>>();
    ASSERT_EQ(task.test.size(), expected.size());
    Catalogue catalogue;
    PredictWork work{{{oracle::adapter_set(group.at("modules")), group.at("weights").get<std::vector<double>>(), {}}},
                     group.at("max_new_tokens")};
    for (std::size_t i = 0; i < task.test.size(); ++i) {
      catalogue.examples.push_back(oracle::example(task.test[i].input, task.test[i].target));
      work.members[0].examples.push_back(static_cast<std::int32_t>(i));
    }
    const auto engine = oracle::engine(catalogue, {.kind = GetParam()});
    const auto got = oracle::predict(*engine, work);
    std::vector<std::int8_t> correct;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::string text = oracle::tokenizer().decode(got[i]);
      correct.push_back(correct_lorahub(text, task.test[i].target));
      TokenIds with_start = {0};
      with_start.insert(with_start.end(), got[i].begin(), got[i].end());
      if (with_start == expected[i]) {
        ++exact;
        EXPECT_EQ(text, group.at("text")[i].get<std::string>());
      } else {
        ++ties;
        EXPECT_LT(group.at("min_top2_logit_gap")[i].get<double>(), near_tie)
            << group.at("task") << " " << group.at("composition") << " example " << i << ": " << text << " instead of "
            << group.at("text")[i];
      }
    }
    if (ties == 0) {
      EXPECT_EQ(accuracy(correct), group.at("accuracy").get<double>());
    }
  }
  EXPECT_GE(exact, 1490);
  EXPECT_LE(ties, 10);
}

INSTANTIATE_TEST_SUITE_P(AllDevices, Generations, testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                         [](const auto& param) { return param.param == DeviceKind::cpu ? "cpu" : "cuda"; });

}  // namespace
}  // namespace lorasweep
