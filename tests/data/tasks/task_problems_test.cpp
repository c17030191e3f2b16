// SPDX-License-Identifier: Apache-2.0
// Broken task files: each is reported with its place, and none hides the tasks beside it.
#include "data/tasks/task.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace lorasweep {
namespace {

constexpr const char* kGood = R"({"examples": [{"input": "1", "target": "a"}, {"input": "2", "target": "b"}]})";
constexpr const char* kRow = "{\"context\": \"1\", \"completion\": \"a\"}\n";

/// What is reported about the one broken task of `folder`, beside which "good.json" is still read.
std::string problem(const TemporaryFolder& folder, TaskOptions options = {}) {
  folder.write("good.json", kGood);
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
  EXPECT_THAT(bbh_problem(""), Tells({"bad.json"}));
  EXPECT_THAT(bbh_problem("{\"examples\": ["), Tells({"bad.json"}));
  EXPECT_THAT(bbh_problem("{\"examples\": [{\"input\": \"\xff\", \"target\": \"a\"}]}"), Tells({"bad.json"}));
}

TEST(TaskProblems, BbhOfAnotherShape) {
  for (const char* content : {"[]", "3", "{}", "{\"examples\": {}}", "{\"examples\": \"none\"}"})
    EXPECT_THAT(bbh_problem(content), Tells({"bad.json", "examples"})) << content;
}

TEST(TaskProblems, BbhInOtherFormsThanTheThreeThatAreRead) {
  EXPECT_THAT(bbh_problem(R"({"input": {"0": "1"}, "target": {"0": "a"}})"), Tells({"bad.json", "column", "records"}));
  EXPECT_THAT(bbh_problem(R"({"rows": [{"row": {"input": "1", "target": "a"}}]})"),
              Tells({"bad.json", "rows", "examples"}));
  EXPECT_THAT(bbh_problem(R"([{"input": "1", "target": "a"}, 3])"), Tells({"row [1]", "number"}));
  EXPECT_THAT(bbh_problem("{\"input\": \"1\", \"target\": \"a\"}\n{\"input\": \"2\"\n"), Tells({"bad.json:2"}));
  EXPECT_THAT(bbh_problem("{\"input\": \"1\", \"target\": \"a\"}\n{\"input\": \"2\"}\n"),
              Tells({"bad.json:2", "\"target\""}));
  EXPECT_THAT(bbh_problem("{\"question\": \"1\", \"answer\": \"a\"}\n{\"question\": \"2\", \"answer\": \"a\"}\n"),
              Tells({"bad.json:1", "\"input\"", "\"question\"", "\"answer\""}));
  EXPECT_THAT(bbh_problem("<!DOCTYPE html>"), Tells({"bad.json", "web page"}));
  EXPECT_THAT(bbh_problem(std::string("\xff\xfe[\0]\0", 6)), Tells({"bad.json", "UTF-16"}));
}

TEST(TaskProblems, BbhRowsThatAreNoExamples) {
  const auto with_row = [](const std::string& row) {
    return "{\"examples\": [{\"input\": \"1\", \"target\": \"a\"}, " + row + "]}";
  };
  EXPECT_THAT(bbh_problem(with_row("7")), Tells({"examples[1]", "number"}));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": \"2\"}")), Tells({"examples[1]", "\"target\""}));
  EXPECT_THAT(bbh_problem(with_row("{\"target\": \"2\"}")), Tells({"examples[1]", "\"input\""}));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": \"2\", \"target\": true}")), Tells({"examples[1]", "boolean"}));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": null, \"target\": \"b\"}")), Tells({"null"}));
  EXPECT_THAT(bbh_problem(with_row("{\"input\": \"\\u0000\", \"target\": \"b\"}")), Tells({"bad.json"}));
}

TEST(TaskProblems, BbhWithNothingLeftToTest) {
  EXPECT_THAT(bbh_problem("{\"examples\": []}"), Tells({"0"}));
  EXPECT_THAT(bbh_problem("{\"examples\": [{\"input\": \"1\", \"target\": \"a\"}]}"), Tells({"1", "tasks.shots"}));
}

TEST(TaskProblems, BbhSmallerThanItsPool) {
  TemporaryFolder folder;
  folder.write("bad.json", kGood);
  const TaskSuite suite = read_tasks({.path = folder.path(), .shots = 1, .pool = 2});
  ASSERT_EQ(suite.problems.size(), 1u);
  EXPECT_THAT(suite.problems[0].message, Tells({"2", "tasks.pool"}));
}

TEST(TaskProblems, AFileThatIsNotThere) {
  TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder.path() / "bad.json");
  EXPECT_THAT(problem(folder), Tells({"bad.json"}));
}

TEST(TaskProblems, LoraHubFolderWithAFileMissing) {
  TemporaryFolder folder;
  folder.write("bad/example.jsonl", kRow);
  EXPECT_THAT(problem(folder), Tells({"zero_shot.jsonl"}));
}

TEST(TaskProblems, LoraHubFolderWithoutWhatASearchLearnsFrom) {
  TemporaryFolder folder;
  folder.write("bad/zero_shot.jsonl", kRow);
  EXPECT_THAT(problem(folder), Tells({"example.jsonl", "learn"}));
}

TEST(TaskProblems, LoraHubFolderWithoutFewShotIsOneOnlyWhereThatIsWanted) {
  TemporaryFolder folder;
  for (const char* name : {"bad/example.jsonl", "bad/zero_shot.jsonl"}) folder.write(name, kRow);
  EXPECT_THAT(problem(folder), Tells({"few_shot.jsonl", "predict.baselines"}));
  const TaskSuite suite = read_tasks({.path = folder.path() / "bad", .shots = 1, .few_shot = FewShotPrompts::if_there});
  EXPECT_TRUE(suite.problems.empty());
  ASSERT_EQ(suite.tasks.size(), 1u);
  EXPECT_TRUE(suite.tasks[0].few_shot.empty());
  EXPECT_EQ(suite.tasks[0].test.size(), 1u);
  folder.write("bad/few_shot.jsonl", "{");
  EXPECT_EQ(
      read_tasks({.path = folder.path() / "bad", .shots = 1, .few_shot = FewShotPrompts::if_there}).problems.size(), 1u)
      << "what is there is not half understood";
}

TEST(TaskProblems, LoraHubRowsThatAreNoExamples) {
  EXPECT_THAT(lorahub_problem("{\"input\": \"1\", \"target\": \"a\"}\n", kRow, kRow),
              Tells({"example.jsonl:1", "\"context\""}));
  EXPECT_THAT(lorahub_problem(kRow, std::string(kRow) + "{\"context\": \"1\", \"completion\": 3}\n", kRow),
              Tells({"zero_shot.jsonl:2", "\"completion\""}));
  EXPECT_THAT(lorahub_problem(kRow, kRow, "{\"context\": \"1\"\n"), Tells({"few_shot.jsonl:1"}));
}

TEST(TaskProblems, LoraHubFolderWithTooFewExamples) {
  EXPECT_THAT(lorahub_problem("", kRow, kRow), Tells({"example.jsonl", "0"}));
  EXPECT_THAT(lorahub_problem(kRow, "", ""), Tells({"zero_shot.jsonl", "no example"}));
}

TEST(TaskProblems, LoraHubFewShotThatDoesNotGoWithZeroShot) {
  EXPECT_THAT(lorahub_problem(kRow, kRow, std::string(kRow) + kRow), Tells({"few_shot.jsonl", "2", "1"}));
  EXPECT_THAT(lorahub_problem(kRow, kRow, "{\"context\": \"1\", \"completion\": \"b\"}\n"),
              Tells({"few_shot.jsonl", "example 1", "\"b\""}));
}

TEST(TaskProblems, AnInstructionThatIsNotThere) {
  TemporaryFolder folder;
  folder.write("cot-prompts/empty.txt", "canary\n-----\n\n");
  folder.write("cot-prompts/latin.txt", "Z\xe4hle.\n");
  for (const char* name : {"absent", "empty", "latin"}) folder.write(std::string("bbh/") + name + ".json", kGood);
  const TaskSuite suite = read_tasks({.path = folder.path() / "bbh", .shots = 1, .prompt = "{instruction} {input}"});
  ASSERT_EQ(suite.problems.size(), 3u);
  EXPECT_THAT(suite.problems[0].message, Tells({"cot-prompts/absent.txt", "exist"}));
  EXPECT_THAT(suite.problems[1].message, Tells({"cot-prompts/empty.txt", "no instruction"}));
  EXPECT_THAT(suite.problems[2].message, Tells({"cot-prompts/latin.txt", "UTF-8"}));
}

TEST(TaskProblems, TwoTasksOfOneName) {
  TemporaryFolder folder;
  folder.write("bad.json", kGood);
  for (const char* name : {"bad/example.jsonl", "bad/zero_shot.jsonl", "bad/few_shot.jsonl"}) folder.write(name, kRow);
  EXPECT_THAT(problem(folder), Tells({"bad", "bad.json", "task name"}));
}

TEST(TaskProblems, ANameThatCannotBePrinted) {
  TemporaryFolder folder;
  folder.write("two\nlines.json", kGood);
  folder.write("broken\xff.json", kGood);
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
  EXPECT_THAT(suite.problems[0].message, Tells({"1 GiB"}));
}

}  // namespace
}  // namespace lorasweep
