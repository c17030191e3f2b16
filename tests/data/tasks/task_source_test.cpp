// SPDX-License-Identifier: Apache-2.0
// Which files and folders count as tasks, and which of them a glob chooses.
#include "data/tasks/task_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/core/error.h"
#include "tests/data/tasks/temporary_folder.h"

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
  const auto sources = find_tasks(folder.path());
  EXPECT_THAT(names(sources), ElementsAre("B", "a", "b", "c"));
  EXPECT_EQ(sources[1].form, TaskForm::lorahub_folder);
  EXPECT_EQ(sources[2].form, TaskForm::bbh_json);
  EXPECT_EQ(sources[2].path, folder.path() / "b.json");
}

TEST(FindTasks, TakesASingleFileOrFolder) {
  TemporaryFolder folder;
  folder.write("one.json", "");
  folder.write("two/zero_shot.jsonl", "");
  EXPECT_THAT(names(find_tasks(folder.path() / "one.json")), ElementsAre("one"));
  EXPECT_THAT(names(find_tasks(folder.path() / "two")), ElementsAre("two"));
  EXPECT_THAT(names(find_tasks(folder.path() / "two/")), ElementsAre("two"));
  EXPECT_THAT(names(find_tasks(folder.path() / "two/.")), ElementsAre("two"));
}

TEST(FindTasks, RefusesAPathWithoutTasks) {
  TemporaryFolder folder;
  EXPECT_THROW(find_tasks(folder.path()), ConfigError);
  EXPECT_THROW(find_tasks(folder.path() / "missing"), ConfigError);
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
