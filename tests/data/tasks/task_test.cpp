// SPDX-License-Identifier: Apache-2.0
// Tasks read from good files: shots, tests and few-shot prompts as the reference has them.
#include "data/tasks/task.h"

#include "data/core/error.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

constexpr const char* bbh_folder = LORASWEEP_DEMO_DIR "/tasks";
constexpr const char* lorahub_folders = LORASWEEP_GOLDEN_DIR "/lorahub_tasks";

TaskSuite read_without_problems(const TaskOptions& options) {
  TaskSuite suite = read_tasks(options);
  for (const TaskProblem& problem : suite.problems) ADD_FAILURE() << problem.message;
  return suite;
}

std::vector<std::string> inputs(const std::vector<TextExample>& examples) {
  std::vector<std::string> texts;
  for (const TextExample& example : examples) texts.push_back(example.input);
  return texts;
}

void expect_equal(const std::vector<TextExample>& a, const std::vector<TextExample>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].input, b[i].input);
    EXPECT_EQ(a[i].target, b[i].target);
  }
}

/// A BBH task of `count` examples q0 -> a0, q1 -> a1, ...
std::string numbered_task(int count) {
  nlohmann::json task = {{"canary", "none"}, {"examples", nlohmann::json::array()}};
  for (int i = 0; i < count; ++i)
    task["examples"].push_back({{"input", "q" + std::to_string(i)}, {"target", "a" + std::to_string(i)}});
  return task.dump();
}

TEST(Tasks, LearnFromTheExamplesThatTheReferenceDrew) {
  std::ifstream file(LORASWEEP_GOLDEN_DIR "/oracle/losses.json");
  const auto groups = nlohmann::json::parse(file);
  int checked = 0;
  for (const auto& group : groups) {
    if (group.at("n_examples") != 5) continue;  // losses over examples that no run drew
    ++checked;
    for (const char* path : {bbh_folder, lorahub_folders}) {
      const std::string name = group.at("task");
      const Task task = read_without_problems({.path = path, .names = {name}, .pool = 10}).tasks.at(0);
      ASSERT_EQ(task.shots.size(), 5u);
      for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(task.shots[i].input, group.at("inputs")[i].get<std::string>());
        EXPECT_EQ(task.shots[i].target, group.at("targets")[i].get<std::string>());
      }
    }
  }
  EXPECT_EQ(checked, 5);
}

TEST(Tasks, AreTheSameFromBbhJsonAndFromLoraHubFolders) {
  const TaskSuite bbh = read_without_problems({.path = bbh_folder, .pool = 10});
  const TaskSuite lorahub = read_without_problems({.path = lorahub_folders});
  ASSERT_EQ(bbh.tasks.size(), 8u);
  ASSERT_EQ(lorahub.tasks.size(), 8u);
  for (std::size_t i = 0; i < bbh.tasks.size(); ++i) {
    SCOPED_TRACE(bbh.tasks[i].name);
    EXPECT_EQ(bbh.tasks[i].name, lorahub.tasks[i].name);
    ASSERT_EQ(bbh.tasks[i].test.size(), 100u);
    expect_equal(bbh.tasks[i].shots, lorahub.tasks[i].shots);
    expect_equal(bbh.tasks[i].test, lorahub.tasks[i].test);
    expect_equal(bbh.tasks[i].few_shot, lorahub.tasks[i].few_shot);
  }
}

// BBH's first release has rows as lines, exports have them as a list; some editors put a mark in front, and Windows
// ends lines in its own way.
TEST(Tasks, AreTheSameFromEveryFormOfTheirRows) {
  const std::string document = numbered_task(12);
  const auto rows = nlohmann::json::parse(document)["examples"];
  std::string lines, lines_of_windows;
  for (const auto& row : rows) {
    lines += row.dump() + "\n";
    lines_of_windows += row.dump() + "\r\n";
  }
  const TemporaryFolder reference;
  reference.write("counting.json", document);
  const Task wanted = read_without_problems({.path = reference.path(), .pool = 6}).tasks.at(0);
  for (const auto& [name, content] : std::vector<std::pair<std::string, std::string>>{
           {"counting.jsonl", lines},
           {"counting.jsonl", "\xef\xbb\xbf" + lines_of_windows + "\r\n"},
           {"counting.json", lines},
           {"counting.json", rows.dump()},
           {"counting.json", "\xef\xbb\xbf" + rows.dump(2)},
           {"counting.jsonl", rows.dump(2)},
           {"counting.jsonl", document},
           {"counting.json", "\xef\xbb\xbf" + nlohmann::json::parse(document).dump(1)}}) {
    const TemporaryFolder folder;
    folder.write(name, content);
    for (const auto& path : {folder.path(), folder.path() / name}) {
      const TaskSuite suite = read_without_problems({.path = path, .pool = 6});
      ASSERT_EQ(suite.tasks.size(), 1u) << name << content;
      EXPECT_EQ(suite.tasks[0].name, "counting");
      expect_equal(suite.tasks[0].shots, wanted.shots);
      expect_equal(suite.tasks[0].test, wanted.test);
      expect_equal(suite.tasks[0].few_shot, wanted.few_shot);
    }
  }
}

TEST(Tasks, AreSortedByNameAndChosenByGlob) {
  const TaskSuite suite = read_without_problems({.path = bbh_folder, .names = {"t*", "head_of_queue", "*queue"}});
  EXPECT_THAT(suite.tasks, ElementsAre(Field(&Task::name, "head_of_queue"), Field(&Task::name, "mirrored_queue"),
                                       Field(&Task::name, "tail_of_queue"), Field(&Task::name, "truth_checking")));
}

TEST(Tasks, TestAllThatWasNotDrawnWhereThereIsNoPool) {
  TemporaryFolder folder;
  folder.write("t.json", numbered_task(10));
  const Task task = read_without_problems({.path = folder.path()}).tasks.at(0);
  EXPECT_THAT(inputs(task.shots),
              ElementsAre("q7", "q3", "q2", "q8", "q5"));  // random.seed(42); random.shuffle(range(10))
  EXPECT_THAT(inputs(task.test), ElementsAre("q0", "q1", "q4", "q6", "q9"));
  EXPECT_EQ(task.few_shot.at(0).input, "q7\na7\n\nq3\na3\n\nq2\na2\n\nq8\na8\n\nq5\na5\n\nq0");
  EXPECT_EQ(task.few_shot.at(4).target, "a9");
}

TEST(Tasks, KeepThePoolFromTheTest) {
  TemporaryFolder folder;
  folder.write("t.json", numbered_task(12));
  const Task task = read_without_problems({.path = folder.path(), .shots = 2, .pool = 10}).tasks.at(0);
  EXPECT_THAT(inputs(task.shots), ElementsAre("q7", "q3"));
  EXPECT_THAT(inputs(task.few_shot), ElementsAre("q0\na0\n\nq1\na1\n\nq10", "q0\na0\n\nq1\na1\n\nq11"));
}

TEST(Tasks, DrawOtherShotsForAnotherSeed) {
  TemporaryFolder folder;
  folder.write("t.json", numbered_task(11));
  const Task task = read_without_problems({.path = folder.path(), .shot_seeds = {7}, .pool = 10}).tasks.at(0);
  EXPECT_THAT(inputs(task.shots), ElementsAre("q8", "q3", "q1", "q4", "q7"));  // CPython, seed 7
}

TEST(Tasks, DrawAnewForEachShotSeedAndTestWhatNoDrawHas) {
  TemporaryFolder folder;
  folder.write("t.json", numbered_task(12));
  const auto read = [&](std::optional<int> pool) {
    return read_without_problems({.path = folder.path(), .shots = 2, .shot_seeds = {42, 7}, .pool = pool}).tasks.at(0);
  };
  const Task task = read(std::nullopt);  // CPython: random.seed(s); random.shuffle(list(range(12)))
  EXPECT_THAT(inputs(task.shots), ElementsAre("q7", "q5"));
  ASSERT_EQ(task.further_shots.size(), 1u);
  EXPECT_THAT(inputs(task.further_shots[0]), ElementsAre("q7", "q11"));
  EXPECT_THAT(inputs(task.test), ElementsAre("q0", "q1", "q2", "q3", "q4", "q6", "q8", "q9", "q10"));
  EXPECT_EQ(task.few_shot.at(0).input, "q7\na7\n\nq5\na5\n\nq0") << "the first draw stands in front";
  const Task pooled = read(10),
             single = read_without_problems({.path = folder.path(), .shots = 2, .pool = 10}).tasks.at(0);
  EXPECT_EQ(pooled.further_shots.size(), 1u);
  expect_equal(pooled.test, single.test);
  expect_equal(pooled.shots, single.shots);
}

TEST(Tasks, AreRefusedWhereTheDrawsLeaveNothingForTheTest) {
  TemporaryFolder folder;
  folder.write("t.json", numbered_task(4));  // of which 42 draws 2 1 3 and 7 draws 3 1 0
  const TaskSuite suite = read_tasks({.path = folder.path(), .shots = 3, .shot_seeds = {42, 7}});
  ASSERT_EQ(suite.problems.size(), 1u);
  EXPECT_THAT(suite.problems[0].message, Tells({"t.json", "4", "2", "tasks.shot_seed"}));
  EXPECT_EQ(read_without_problems({.path = folder.path(), .shots = 3}).tasks.at(0).test.size(), 1u);
}

TEST(Tasks, AreCutToTheLimitAfterTheDraw) {
  for (const char* path : {bbh_folder, lorahub_folders}) {
    const Task all = read_without_problems({.path = path, .names = {"queue_size"}, .pool = 10}).tasks.at(0);
    const Task few = read_without_problems({.path = path, .names = {"queue_size"}, .pool = 10, .limit = 3}).tasks.at(0);
    ASSERT_EQ(few.test.size(), 3u);
    ASSERT_EQ(few.few_shot.size(), 3u);
    expect_equal(few.shots, all.shots);
    EXPECT_EQ(few.test[2].input, all.test[2].input);
    EXPECT_EQ(read_without_problems({.path = path, .names = {"queue_size"}, .pool = 10, .limit = 1000})
                  .tasks.at(0)
                  .test.size(),
              all.test.size());
  }
}

TEST(Tasks, FillThePromptWithTheInstructionBesideTheCheckout) {
  TemporaryFolder folder;
  folder.write("bbh/t.json", numbered_task(3));
  folder.write("cot-prompts/t.txt", "canary\n-----\nCount on.\n\nQ: q\nA: a\n");
  const Task task =
      read_without_problems(
          {.path = folder.path() / "bbh", .shots = 1, .pool = 1, .prompt = "{instruction}\n\nQ: {input}\nA:"})
          .tasks.at(0);
  EXPECT_THAT(inputs(task.shots), ElementsAre("Count on.\n\nQ: q0\nA:"));
  EXPECT_THAT(inputs(task.test), ElementsAre("Count on.\n\nQ: q1\nA:", "Count on.\n\nQ: q2\nA:"));
  EXPECT_EQ(task.few_shot.at(0).input, "Count on.\n\nQ: q0\nA:\na0\n\nCount on.\n\nQ: q1\nA:");
  EXPECT_EQ(task.test.at(0).target, "a1");
}

// The reference's few_shot.jsonl has a line break between an input and its answer: a prompt that ends with one makes
// the same of BBH JSON and of the folder.
TEST(Tasks, OfBothFormsAreTheSameWhereAPromptEndsWithALineBreak) {
  const auto read = [](const char* path) {
    return read_without_problems({.path = path,
                                  .names = {"queue_size"},
                                  .pool = 10,
                                  .prompt = "{input}\n",
                                  .shot_form = ShotForm::continued})
        .tasks.at(0);
  };
  const Task json = read(bbh_folder), folder = read(lorahub_folders);
  EXPECT_TRUE(json.shots.at(0).input.ends_with("\n"));
  expect_equal(json.shots, folder.shots);
  expect_equal(json.test, folder.test);
  expect_equal(json.few_shot, folder.few_shot);
}

TEST(Tasks, PutShotsInFrontAsTheLossHasThem) {
  TemporaryFolder folder;
  folder.write("t.json", numbered_task(3));
  const Task task = read_without_problems({.path = folder.path() / "t.json",
                                           .shots = 1,
                                           .pool = 1,
                                           .prompt = "Q: {input}\nA:",
                                           .completion = " {target}.",
                                           .shot_form = ShotForm::continued})
                        .tasks.at(0);
  EXPECT_EQ(task.few_shot.at(0).input, "Q: q0\nA: a0.\n\nQ: q1\nA:");
  EXPECT_EQ(task.test.at(0).input, "Q: q1\nA:");
  EXPECT_EQ(task.test.at(0).target, "a1") << "which answers are scored against";
}

TEST(Tasks, StandWholeInANamedTemplate) {
  TemporaryFolder folder;
  folder.write("t.json", numbered_task(3));
  const TaskSuite suite = read_without_problems({.path = folder.path() / "t.json",
                                                 .shots = 1,
                                                 .pool = 1,
                                                 .prompt = "Q: {input}",
                                                 .completion = " {target}",
                                                 .around = find_named_template("mistral")});
  const Task& task = suite.tasks.at(0);
  EXPECT_EQ(task.shots.at(0).input, "[INST] Q: q0 [/INST]");
  EXPECT_EQ(task.test.at(1).input, "[INST] Q: q2 [/INST]");
  EXPECT_EQ(task.few_shot.at(1).input, "[INST] Q: q0\na0\n\nQ: q2 [/INST]") << "one message, shots included";
  EXPECT_EQ(suite.prompt, "Q: {input}");
  EXPECT_EQ(suite.completion, " {target}");
}

TEST(Tasks, OfAFolderGetTheInstructionBesideIt) {
  TemporaryFolder folder;
  constexpr const char* row = "{\"context\": \"q\", \"completion\": \"a\"}\n";
  for (const char* name : {"example", "zero_shot", "few_shot"})
    folder.write(std::string("tasks/t/") + name + ".jsonl", row);
  folder.write("cot-prompts/t.txt", "canary\n-----\nCount on.\n");
  const Task task =
      read_without_problems({.path = folder.path() / "tasks", .shots = 1, .prompt = "{instruction}\n{input}\n"})
          .tasks.at(0);
  EXPECT_EQ(task.shots.at(0).input, "Count on.\nq\n");
  EXPECT_EQ(task.few_shot.at(0).input, "Count on.\nq\n");
}

TEST(Tasks, RefuseImpossibleOptions) {
  EXPECT_THROW(read_tasks({.path = bbh_folder, .completion = "{input}"}), ConfigError);
  EXPECT_THROW(read_tasks({.path = bbh_folder, .shots = 0}), ConfigError);
  EXPECT_THROW(read_tasks({.path = bbh_folder, .shots = 5, .pool = 4}), ConfigError);
  EXPECT_THROW(read_tasks({.path = bbh_folder, .limit = -1}), ConfigError);
  EXPECT_THROW(read_tasks({.path = bbh_folder, .prompt = "{question}"}), ConfigError);
  EXPECT_THROW(read_tasks({.path = bbh_folder, .names = {"nothing"}}), ConfigError);
  EXPECT_THROW(read_tasks({.path = LORASWEEP_DEMO_DIR "/missing"}), ConfigError);
}

}  // namespace
}  // namespace lorasweep
