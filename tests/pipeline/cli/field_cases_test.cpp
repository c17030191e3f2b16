// SPDX-License-Identifier: Apache-2.0
// What users brought (tests/golden/field): each is taken, or refused with what is the matter and what helps.
#include "tests/pipeline/cli/program.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class FieldCases : public Program {
 protected:
  /// A sweep of one adapter on one task, validated or run with other values.
  CommandResult sweep(const std::string& command, const std::vector<std::string>& settings) const {
    std::vector<std::string> flags;
    for (const std::string& setting :
         {std::string("adapters.list="), std::string("adapters.select=all"), std::string("tasks.names=*"),
          "tasks.path=" + (demo / "tasks/truth_checking.json").string(), std::string("tasks.limit=3"),
          std::string("search.budget=3"), std::string("search.seeds=1"), std::string("predict.max_new_tokens=4"),
          std::string("predict.baselines="), std::string("run.workers=1"), "run.out=" + (folder / "run").string()})
      flags.insert(flags.end(), {"--set", setting});
    for (const std::string& setting : settings) flags.insert(flags.end(), {"--set", setting});
    return of_demo(command, flags);
  }
  CommandResult validate(const std::vector<std::string>& settings) const { return sweep("validate", settings); }

  /// The lines of a failed validation that name problems.
  static std::vector<std::string> problems(const CommandResult& answer, int status = 4) {
    EXPECT_EQ(answer.status, status) << answer.err;
    std::vector<std::string> lines;
    std::istringstream err(answer.err);
    for (std::string line; std::getline(err, line);)
      if (line.starts_with("lorasweep: error: ")) lines.push_back(line);
    return lines;
  }
  static std::string line_of(const std::string& text, const std::string& begin) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(begin)) return line;
    return "";
  }
  /// A library of one adapter.
  std::string library(const fs::path& adapter) const {
    fs::create_directories(folder / "library");
    fs::copy(adapter, folder / "library" / adapter.filename(), fs::copy_options::recursive);
    return "adapters.dir=" + (folder / "library").string();
  }
  std::string small_base() const {
    fs::copy(field / "small_base", folder / "base");
    fs::copy_file(demo / "base/spiece.model", folder / "base/spiece.model");
    return "model.path=" + (folder / "base").string();
  }

  const fs::path field = fs::path(LORASWEEP_GOLDEN_DIR) / "field";
};

TEST_F(FieldCases, AnAdapterWithoutThePrefixIsSaidToLackIt) {
  EXPECT_THAT(problems(validate({library(field / "prefix_missing")})),
              ElementsAre(Tells({"prefix_missing/adapter_model.safetensors", "base_model.model."})));
}

TEST_F(FieldCases, AWholeStateDictIsCountedAndToldHowToTakeTheFactorsOut) {
  EXPECT_THAT(problems(validate({small_base(), library(field / "whole_state_dict")})),
              ElementsAre(Tells({"whole_state_dict/adapter_model.bin", "12 LoRA factors", "41 tensors", "lora_"})));
}

TEST_F(FieldCases, AResizedVocabularyIsSaidWithBothSizes) {
  EXPECT_THAT(problems(validate({small_base(), library(field / "resized_vocabulary")})),
              ElementsAre(Tells({"resized_vocabulary/adapter_model.safetensors", "1320", "1312"})));
}

TEST_F(FieldCases, ListsAsPublishedOfWindowsAndWithRemarksAreTaken) {
  for (const char* list : {"comment", "org", "windows"}) {
    const CommandResult answer =
        validate({"adapters.list=" + (field / "lists" / (std::string(list) + ".txt")).string()});
    EXPECT_EQ(answer.status, 0) << list << answer.err;
    EXPECT_THAT(line_of(answer.out, "adapters"), Tells({"4 of 4"})) << list;
  }
}

TEST_F(FieldCases, APastedListOfPythonIsSaidToBeOneOnce) {
  EXPECT_THAT(problems(validate({"adapters.list=" + (field / "lists/python.txt").string()})),
              ElementsAre(Tells({"python.txt:1", "Python", "one name a line"})));
}

TEST_F(FieldCases, ATaskOfTheFirstReleaseIsTakenAsAFileAndAsADirectory) {
  for (const fs::path& path : {field / "tasks_as_lines", field / "tasks_as_lines/larger_number.jsonl"}) {
    const CommandResult answer = validate({"tasks.path=" + path.string()});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(line_of(answer.out, "tasks"), Tells({"1", "3 test examples"}));
  }
  EXPECT_EQ(
      nlohmann::json::parse(
          lorasweep({"inspect", "--json", (field / "tasks_as_lines/larger_number.jsonl").string()}).out)["examples"],
      16);
}

TEST_F(FieldCases, AFolderWithoutFewShotIsTakenWhereNothingAsksForIt) {
  const std::string tasks = "tasks.path=" + (field / "folder_without_few_shot").string();
  const CommandResult answer = validate({tasks});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.err, Tells({"tasks.pool has no effect"}));
  EXPECT_THAT(problems(validate({tasks, "predict.baselines=few-shot"})),
              ElementsAre(Tells({"larger/few_shot.jsonl", "few-shot baseline", "predict.baselines"})));
  EXPECT_EQ(sweep("run", {tasks, "adapters.select=random", "adapters.count=2", "tasks.pool="}).status, 0);
}

TEST_F(FieldCases, EveryPointerOfGitLfsIsNamedAsSuch) {
  const fs::path pointer = field / "lfs/pointer", model = folder / "base";
  fs::copy(demo / "base", model);
  for (const char* file : {"model.safetensors", "spiece.model", "config.json", "tokenizer.json"}) {
    fs::copy_file(pointer, model / file, fs::copy_options::overwrite_existing);
    EXPECT_THAT(problems(validate({"model.path=" + model.string()})),
                ElementsAre(Tells({std::string("base/") + file, "Git LFS", "git lfs pull"})))
        << file;
    fs::copy_file(demo / "base" / file, model / file, fs::copy_options::overwrite_existing);
  }
  for (const char* file : {"adapter_model.bin", "adapter_model.safetensors", "adapter_config.json"}) {
    fs::remove_all(folder / "library");
    const std::string one = library(demo / "adapters/tiny_flan-bool_v1");
    fs::remove(folder / "library/tiny_flan-bool_v1/adapter_model.safetensors");
    if (std::string(file) == "adapter_config.json")
      fs::copy_file(demo / "adapters/tiny_flan-bool_v1/adapter_model.safetensors",
                    folder / "library/tiny_flan-bool_v1/adapter_model.safetensors");
    fs::copy_file(pointer, folder / "library/tiny_flan-bool_v1" / file, fs::copy_options::overwrite_existing);
    EXPECT_THAT(problems(validate({one})), ElementsAre(Tells({file, "Git LFS", "git lfs pull"}))) << file;
  }
  EXPECT_THAT(problems(validate({"adapters.list=" + pointer.string()})), ElementsAre(Tells({"Git LFS"})));
  for (const char* name : {"task.json", "task.jsonl"}) {
    fs::copy_file(pointer, folder / name);
    EXPECT_THAT(problems(validate({"tasks.path=" + (folder / name).string()})), ElementsAre(Tells({name, "Git LFS"})));
  }
}

TEST_F(FieldCases, AnUnusableAdapterIsSkippedWhereThatIsAskedForAndStaysSoInAContinuation) {
  library(demo / "adapters/tiny_flan-bool_v1");
  fs::copy(demo / "adapters/tiny_flan-copy_v1", folder / "library/tiny_flan-copy_v1", fs::copy_options::recursive);
  fs::copy(field / "prefix_missing", folder / "library/a_broken_one", fs::copy_options::recursive);
  write("library/half/adapter_model.safetensors", "");
  const std::vector<std::string> settings = {"adapters.dir=" + (folder / "library").string(),
                                             "adapters.on_unusable=skip"};
  EXPECT_THAT(problems(validate({settings[0]})),
              ElementsAre(Tells({"half", "adapter_config.json"}), Tells({"a_broken_one"})));
  const CommandResult validated = validate(settings);
  EXPECT_EQ(validated.status, 0) << validated.err;
  EXPECT_THAT(line_of(validated.out, "adapters"), Tells({"2 of 2", "2 adapters"}));
  EXPECT_THAT(validated.err, Tells({"a_broken_one", "half"}));

  const CommandResult run = sweep("run", settings);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, Tells({"a_broken_one", "base_model.model.", "half"}));
  // The adapter was repaired: the run goes on without it all the same.
  fs::remove_all(folder / "library/a_broken_one");
  fs::copy(demo / "adapters/tiny_flan-swap_v1", folder / "library/a_broken_one", fs::copy_options::recursive);
  const CommandResult continued = sweep("run", settings);
  EXPECT_EQ(continued.status, 0) << continued.err;
  EXPECT_EQ(continued.out, run.out);
  EXPECT_EQ(lorasweep({"run", (folder / "run").string()}).status, 0);
  // One that was used and cannot be used any more is another library.
  write("library/tiny_flan-copy_v1/adapter_config.json", "{");
  const CommandResult refused = sweep("run", settings);
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.err, Tells({"tiny_flan-copy_v1", "cannot be used any more"}));
}

TEST_F(FieldCases, ExcludedAdaptersAreNotRead) {
  const std::string one = library(demo / "adapters/tiny_flan-bool_v1");
  fs::copy(field / "prefix_missing", folder / "library/old_one", fs::copy_options::recursive);
  write("library/old_half/adapter_model.bin", "");
  const CommandResult answer = validate({one, "adapters.exclude=old_*"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(line_of(answer.out, "adapters"), Tells({"1 of 1"}));
  EXPECT_THAT(problems(validate({one, "adapters.exclude=old_*,no_such"}), 2), ElementsAre(Tells({"no_such"})));
  EXPECT_THAT(problems(validate({one, "adapters.exclude=*"}), 2), ElementsAre(Tells({"adapters.exclude"})));
}

}  // namespace
}  // namespace lorasweep
