// SPDX-License-Identifier: Apache-2.0
// Which files and folders count as tasks, and which of them a glob chooses.
#include "data/tasks/task_source.h"

#include "data/core/error.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const std::vector<TaskSource>& sources) {
  std::vector<std::string> found;
  for (const TaskSource& source : sources) found.push_back(source.name);
  return found;
}

TEST(FindTasks, TakesFilesAndFoldersByTheirContent) {
  TemporaryFolder folder;
  for (const char* name : {"b.json", "B.json", "notes.txt", ".hidden.json", "a/example.jsonl", "c/few_shot.jsonl",
                           "other/readme.md", ".git/example.jsonl"})
    folder.write(name, "");
  const auto sources = search_tasks(folder.path()).found;
  EXPECT_THAT(names(sources), ElementsAre("B", "a", "b", "c"));
  EXPECT_EQ(sources[1].form, TaskForm::lorahub_folder);
  EXPECT_EQ(sources[2].form, TaskForm::bbh_json);
  EXPECT_EQ(sources[2].path, folder.path() / "b.json");
}

TEST(FindTasks, TakesASingleFileOrFolder) {
  TemporaryFolder folder;
  folder.write("one.json", "");
  folder.write("two/zero_shot.jsonl", "");
  EXPECT_THAT(names(search_tasks(folder.path() / "one.json").found), ElementsAre("one"));
  EXPECT_THAT(names(search_tasks(folder.path() / "two").found), ElementsAre("two"));
  EXPECT_THAT(names(search_tasks(folder.path() / "two/").found), ElementsAre("two"));
  EXPECT_THAT(names(search_tasks(folder.path() / "two/.").found), ElementsAre("two"));
}

TEST(FindTasks, RefusesAPathWithoutTasks) {
  TemporaryFolder folder;
  EXPECT_THROW(search_tasks(folder.path()), ConfigError);
  EXPECT_THROW(search_tasks(folder.path() / "missing"), ConfigError);
  // The root of a checkout, and tasks as they were downloaded: what is there instead is said.
  folder.write("bbh/a.json", "");
  folder.write("b.jsonl.gz", "");
  EXPECT_THAT(refusal_of([&] { search_tasks(folder.path()); }),
              Refused(ExitCode::usage, "tasks.path", {"b.jsonl.gz", "bbh", "folder of tasks"}));
}

std::vector<std::string> passed_over(const TemporaryFolder& folder) {
  std::vector<std::string> paths;
  for (const PassedOver& entry : search_tasks(folder.path()).passed_over)
    paths.push_back(entry.path.lexically_relative(folder.path()).generic_string());
  return paths;
}

TEST(FindTasks, TellsWhatMightBeMeantAsTasks) {
  TemporaryFolder folder;
  for (const char* name :
       {"a.json", "b.jsonl", "c.txt", "d.csv", ".hidden.json", ".folder/example.jsonl", "deeper/e.json",
        "deeper2/f/example.jsonl", "other/x.txt", "g/example.jsonl", "g/train.jsonl", "g/README.md"})
    folder.write(name, "");
  EXPECT_THAT(names(search_tasks(folder.path()).found), ElementsAre("a", "g"));
  EXPECT_THAT(passed_over(folder), ElementsAre(".folder", ".hidden.json", "b.jsonl", "c.txt", "d.csv", "deeper",
                                               "deeper2", "g/train.jsonl", "other"));
}

TEST(FindTasks, TakesJsonLinesWhereThereIsNoOtherTask) {
  TemporaryFolder folder;
  for (const char* name : {"b.jsonl", "a.jsonl", ".hidden.jsonl", "c.txt", "deeper/d.jsonl"}) folder.write(name, "");
  EXPECT_THAT(names(search_tasks(folder.path()).found), ElementsAre("a", "b"));
  EXPECT_THAT(passed_over(folder), ElementsAre(".hidden.jsonl", "c.txt", "deeper"));
}

TEST(FindTasks, SaysNothingOfWhatIsByTheWay) {
  TemporaryFolder folder;
  for (const char* name : {"a.json", "README.md", "LICENSE", ".git/config", ".gitignore", "cot-prompts/a.txt",
                           "__pycache__/x.pyc", "make.py"})
    folder.write(name, "");
  EXPECT_THAT(passed_over(folder), ElementsAre());
}

TEST(FindTasks, RefusesASecondPathToATask) {
  TemporaryFolder folder;
  folder.write("a.json", "");
  std::filesystem::create_symlink("a.json", folder.path() / "b.json");
  EXPECT_THROW(search_tasks(folder.path()), InputError);
  std::filesystem::remove(folder.path() / "b.json");
  folder.write("c/example.jsonl", "");
  std::filesystem::create_directory_symlink("c", folder.path() / "d");
  EXPECT_THROW(search_tasks(folder.path()), InputError);
}

TEST(MatchingTasks, KeepsWhatAnyGlobMatches) {
  const std::vector<TaskSource> all = {{.name = "logic_five", .path = "", .form = TaskForm::bbh_json},
                                       {.name = "logic_three", .path = "", .form = TaskForm::bbh_json},
                                       {.name = "snarks", .path = "", .form = TaskForm::bbh_json}};
  EXPECT_THAT(names(matching_tasks(all, {"*"})), ElementsAre("logic_five", "logic_three", "snarks"));
  EXPECT_THAT(names(matching_tasks(all, {"snarks", "logic_t*"})), ElementsAre("logic_three", "snarks"));
  EXPECT_THAT(names(matching_tasks(all, {"logic_[f]*", "*five"})), ElementsAre("logic_five"));
}

TEST(MatchingTasks, RefusesAGlobThatMatchesNothing) {
  const std::vector<TaskSource> all = {{.name = "snarks", .path = "", .form = TaskForm::bbh_json}};
  EXPECT_THROW(matching_tasks(all, {}), ConfigError);
  try {
    matching_tasks(all, {"snarks", "snork*"});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("snork*"));
    EXPECT_THAT(error.what(), HasSubstr("snarks"));
  }
}

}  // namespace
}  // namespace lorasweep
