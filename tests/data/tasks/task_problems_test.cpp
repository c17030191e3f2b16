// SPDX-License-Identifier: Apache-2.0
// Broken task files: each is reported with its place, and none hides the tasks beside it.
#include "data/tasks/task.h"
#include "tests/data/tasks/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* good_task = R"({"examples": [{"input": "1", "target": "a"}, {"input": "2", "target": "b"}]})";
constexpr const char* good_row = "{\"context\": \"1\", \"completion\": \"a\"}\n";

/// What is reported about the one broken task of `folder`, beside which "good.json" is still read.
std::string problem(const TemporaryFolder& folder, TaskOptions options = {}) {
  folder.write("good.json", good_task);
  options.path = folder.path();
  options.shots = 1;
  const TaskSuite suite = read_tasks(options);
  EXPECT_EQ(suite.tasks.size(), 1u);
  EXPECT_EQ(suite.problems.size(), 1u);
  if (suite.tasks.empty() || suite.problems.empty()) return "";
  EXPECT_EQ(suite.tasks[0].name, "good");
  EXPECT_EQ(suite.problems[0].task, "bad");
  return suite.problems[0].message;
}

std::string bbh_problem(const std::string& content) {
  TemporaryFolder folder;
  folder.write("bad.json", content);
  return problem(folder);
}

std::string lorahub_problem(const std::string& example, const std::string& zero_shot, const std::string& few_shot) {
  TemporaryFolder folder;
  folder.write("bad/example.jsonl", example);
  folder.write("bad/zero_shot.jsonl", zero_shot);
  folder.write("bad/few_shot.jsonl", few_shot);
  return problem(folder);
}

TEST(TaskProblems, BbhThatIsNotJson) {
  EXPECT_THAT(bbh_problem(""), HasSubstr("bad.json"));
  EXPECT_THAT(bbh_problem("{\"examples\": ["), HasSubstr("bad.json"));
  EXPECT_THAT(bbh_problem("{\"examples\": [{\"input\": \"\xff\", \"target\": \"a\"}]}"), HasSubstr("bad.json"));
}

TEST(TaskProblems, BbhOfAnotherShape) {
  for (const char* content : {"[]", "3", "{}", "{\"examples\": {}}", "{\"examples\": \"none\"}"})
    EXPECT_THAT(bbh_problem(content), AllOf(HasSubstr("bad.json"), HasSubstr("examples"))) << content;
}

TEST(TaskProblems, BbhRowsThatAreNoExamples) {
  const auto with_row = [](const std::string& row) {
    return "{\"examples\": [{\"input\": \"1\", \"target\": \"a\"}, " + row + "]}";
  };
  EXPECT_THAT(bbh_problem(with_row("7")), AllOf(HasSubstr("examples[1]"), HasSubstr("number")));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": \"2\"}")), AllOf(HasSubstr("examples[1]"), HasSubstr("\"target\"")));
  EXPECT_THAT(bbh_problem(with_row("{\"target\": \"2\"}")), AllOf(HasSubstr("examples[1]"), HasSubstr("\"input\"")));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": \"2\", \"target\": true}")),
              AllOf(HasSubstr("examples[1]"), HasSubstr("boolean")));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": null, \"target\": \"b\"}")), HasSubstr("null"));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": \"\\u0000\", \"target\": \"b\"}")), HasSubstr("bad.json"));
}

TEST(TaskProblems, BbhWithNothingLeftToTest) {
  EXPECT_THAT(bbh_problem("{\"examples\": []}"), HasSubstr("has 0 examples"));
  EXPECT_THAT(bbh_problem("{\"examples\": [{\"input\": \"1\", \"target\": \"a\"}]}"),
              AllOf(HasSubstr("has 1 examples"), HasSubstr("tasks.shots")));
}

TEST(TaskProblems, BbhSmallerThanItsPool) {
  TemporaryFolder folder;
  folder.write("bad.json", good_task);
  const TaskSuite suite = read_tasks({.path = folder.path(), .shots = 1, .pool = 2});
  ASSERT_EQ(suite.problems.size(), 1u);
  EXPECT_THAT(suite.problems[0].message, AllOf(HasSubstr("has 2 examples"), HasSubstr("tasks.pool")));
}

TEST(TaskProblems, AFileThatIsNotThere) {
  TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder.path() / "bad.json");
  EXPECT_THAT(problem(folder), HasSubstr("bad.json"));
}

TEST(TaskProblems, LoraHubFolderWithAFileMissing) {
  TemporaryFolder folder;
  folder.write("bad/example.jsonl", good_row);
  EXPECT_THAT(problem(folder), HasSubstr("zero_shot.jsonl"));
}

TEST(TaskProblems, LoraHubRowsThatAreNoExamples) {
  EXPECT_THAT(lorahub_problem("{\"input\": \"1\", \"target\": \"a\"}\n", good_row, good_row),
              AllOf(HasSubstr("example.jsonl:1"), HasSubstr("\"context\"")));
  EXPECT_THAT(lorahub_problem(good_row, std::string(good_row) + "{\"context\": \"1\", \"completion\": 3}\n", good_row),
              AllOf(HasSubstr("zero_shot.jsonl:2"), HasSubstr("\"completion\"")));
  EXPECT_THAT(lorahub_problem(good_row, good_row, "{\"context\": \"1\"\n"), HasSubstr("few_shot.jsonl:1"));
}

TEST(TaskProblems, LoraHubFolderWithTooFewExamples) {
  EXPECT_THAT(lorahub_problem("", good_row, good_row), AllOf(HasSubstr("example.jsonl"), HasSubstr("has 0 examples")));
  EXPECT_THAT(lorahub_problem(good_row, "", ""), AllOf(HasSubstr("zero_shot.jsonl"), HasSubstr("holds no example")));
}

TEST(TaskProblems, LoraHubFewShotThatDoesNotGoWithZeroShot) {
  EXPECT_THAT(lorahub_problem(good_row, good_row, std::string(good_row) + good_row),
              AllOf(HasSubstr("few_shot.jsonl"), HasSubstr("has 2 examples"), HasSubstr("has 1")));
  EXPECT_THAT(lorahub_problem(good_row, good_row, "{\"context\": \"1\", \"completion\": \"b\"}\n"),
              AllOf(HasSubstr("few_shot.jsonl"), HasSubstr("example 1"), HasSubstr("\"b\"")));
}

TEST(TaskProblems, LoraHubFolderUnderAPromptOfItsOwn) {
  TemporaryFolder folder;
  for (const char* name : {"bad/example.jsonl", "bad/zero_shot.jsonl", "bad/few_shot.jsonl"})
    folder.write(name, good_row);
  EXPECT_THAT(problem(folder, {.path = {}, .prompt = "Q: {input}"}), HasSubstr("tasks.prompt"));
}

TEST(TaskProblems, AnInstructionThatIsNotThere) {
  TemporaryFolder folder;
  folder.write("cot-prompts/empty.txt", "canary\n-----\n\n");
  folder.write("cot-prompts/latin.txt", "Z\xe4hle.\n");
  for (const char* name : {"absent", "empty", "latin"}) folder.write(std::string("bbh/") + name + ".json", good_task);
  const TaskSuite suite = read_tasks({.path = folder.path() / "bbh", .shots = 1, .prompt = "{instruction} {input}"});
  ASSERT_EQ(suite.problems.size(), 3u);
  EXPECT_THAT(suite.problems[0].message, AllOf(HasSubstr("cot-prompts/absent.txt"), HasSubstr("does not exist")));
  EXPECT_THAT(suite.problems[1].message, AllOf(HasSubstr("cot-prompts/empty.txt"), HasSubstr("no instruction")));
  EXPECT_THAT(suite.problems[2].message, AllOf(HasSubstr("cot-prompts/latin.txt"), HasSubstr("UTF-8")));
}

TEST(TaskProblems, TwoTasksOfOneName) {
  TemporaryFolder folder;
  folder.write("bad.json", good_task);
  for (const char* name : {"bad/example.jsonl", "bad/zero_shot.jsonl", "bad/few_shot.jsonl"})
    folder.write(name, good_row);
  EXPECT_THAT(problem(folder), AllOf(HasSubstr("bad"), HasSubstr("bad.json"), HasSubstr("same task name")));
}

TEST(TaskProblems, ANameThatCannotBePrinted) {
  TemporaryFolder folder;
  folder.write("two\nlines.json", good_task);
  folder.write("broken\xff.json", good_task);
  const TaskSuite suite = read_tasks({.path = folder.path(), .shots = 1});
  EXPECT_TRUE(suite.tasks.empty());
  EXPECT_EQ(suite.problems.size(), 2u);
}

TEST(TaskProblems, ShotsTooLongToStandBeforeEveryTest) {
  TemporaryFolder folder;
  std::string content = "{\"examples\": [{\"input\": \"" + std::string(2u << 20, 'x') + "\", \"target\": \"a\"}";
  for (int i = 0; i < 600; ++i) content += ", {\"input\": \"1\", \"target\": \"a\"}";
  folder.write("bad.json", content + "]}");
  const TaskSuite suite = read_tasks({.path = folder.path(), .shots = 1, .pool = 1});
  ASSERT_EQ(suite.problems.size(), 1u);
  EXPECT_THAT(suite.problems[0].message, HasSubstr("1 GiB"));
}

}  // namespace
}  // namespace lorasweep
