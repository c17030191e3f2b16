// SPDX-License-Identifier: Apache-2.0
// One broken input is reported with the others, not instead of them.
#include "pipeline/plan/inputs.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/formats/open_weights.h"
#include "data/formats/safetensors_writer.h"
#include "tests/pipeline/plan/input_folder.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Inputs : public testing::Test {
 protected:
  void read(LibraryValues library = LibraryValues::kept) { inputs = read_inputs(config, problems, library); }
  void replace_in(const std::filesystem::path& file, const std::string& from, const std::string& to) {
    std::string text = read_file(folder.path() / file, 1u << 20);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file;
    folder.write(file, text.replace(at, from.size(), to));
  }

  InputFolder folder;
  RunConfig config = folder.config();
  std::vector<std::string> problems;
  SweepInputs inputs;
};

TEST_F(Inputs, OfTheDemoAreComplete) {
  config.adapters.list = std::filesystem::path(LORASWEEP_DEMO_DIR) / "adapters.txt";
  read();
  check_base_values(inputs, config.model.dtype, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(std::get<T5Config>(inputs.base->plan().config).d_model, 96);
  EXPECT_EQ(inputs.tokenizer->vocabulary(), 1300);
  EXPECT_THAT(inputs.suite.tasks, SizeIs(8));
  ASSERT_THAT(inputs.library, SizeIs(31));
  EXPECT_EQ(inputs.library[0].name(), "tiny_flan-copy_v1");
  EXPECT_EQ(inputs.library[30].name(), "tiny_flan-option_v3");
}

TEST_F(Inputs, OfASelectionHoldNothingElse) {
  config.adapters.select = AdapterSelection::named;
  config.adapters.names = {"tiny_flan-swap_v1", "tiny_flan-bool_v1"};
  folder.write("adapters/tiny_flan-copy_v1/adapter_config.json", "broken, but not asked for");
  read();
  EXPECT_THAT(problems, IsEmpty());
  ASSERT_THAT(inputs.library, SizeIs(2));
  EXPECT_EQ(inputs.library[0].name(), "tiny_flan-swap_v1");
}

TEST_F(Inputs, SayAllThatIsWrongAtOnce) {
  folder.write("adapters/tiny_flan-copy_v1/adapter_config.json", "{");
  folder.write("adapters/tiny_flan-swap_v1/adapter_model.safetensors", "this is a web page");
  folder.write("tasks/queue_size.json", R"({"examples": 3})");
  folder.write("base/spiece.model", "not a model");
  read();
  EXPECT_THAT(problems, SizeIs(4));
  EXPECT_THAT(problems, Contains(Tells({"tiny_flan-copy_v1/adapter_config.json"})));
  EXPECT_THAT(problems, Contains(Tells({"tiny_flan-swap_v1/adapter_model.safetensors"})));
  EXPECT_THAT(problems, Contains(Tells({"queue_size.json"})));
  EXPECT_THAT(problems, Contains(Tells({"spiece.model"})));
}

TEST_F(Inputs, CheckAdaptersEvenIfTheBaseHasNoWeights) {
  std::filesystem::remove(folder.path() / "base" / "model.safetensors");
  folder.write("adapters/tiny_flan-copy_v1/adapter_config.json", "{");
  read();
  EXPECT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems, Contains(Tells({"model.safetensors"})));
  EXPECT_THAT(problems, Contains(Tells({"tiny_flan-copy_v1"})));
}

TEST_F(Inputs, CheckTasksEvenIfThereIsNoModel) {
  config.model.path = (folder.path() / "nowhere").string();
  folder.write("tasks/queue_size.json", "[]");
  read();
  EXPECT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems, Contains(Tells({"nowhere"})));
  EXPECT_THAT(problems, Contains(Tells({"queue_size.json"})));
}

TEST_F(Inputs, RefuseDifferentScalingsUnderLorahubOnly) {
  replace_in("adapters/tiny_flan-swap_v1/adapter_config.json", "\"lora_alpha\": 16", "\"lora_alpha\": 32");
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"tiny_flan-swap_v1", "scaling"})));

  problems.clear();
  config.search.composition = Composition::exact;
  read();
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(Inputs, RefuseToDrawMoreThanThereAre) {
  config.adapters.count = 32;
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"adapters.count", "32", "31"})));
}

TEST_F(Inputs, RefuseATaskPatternThatMatchesNothing) {
  config.tasks.names = {"zebra*"};
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"zebra*"})));
  EXPECT_EQ(code_of(problems), ExitCode::usage) << "no file is wrong";
  folder.write("base/spiece.model", "");
  read();
  EXPECT_EQ(code_of(problems), ExitCode::bad_input);
}

TEST_F(Inputs, LeaveOutUnusableAdaptersWhereThatIsAskedFor) {
  folder.write("adapters/tiny_flan-copy_v1/adapter_config.json", "{");
  folder.write("adapters/half/adapter_model.bin", "");
  config.adapters.on_unusable = OnUnusable::skip;
  for (const LibraryValues values : {LibraryValues::kept, LibraryValues::checked}) {
    read(values);
    EXPECT_THAT(problems, IsEmpty());
    EXPECT_THAT(inputs.library, SizeIs(30));
    EXPECT_THAT(inputs.contents, SizeIs(30));
    EXPECT_THAT(inputs.skipped,
                testing::UnorderedElementsAre(testing::Field(&UnusableAdapter::name, "tiny_flan-copy_v1"),
                                              testing::Field(&UnusableAdapter::name, "half")));
  }
  config.adapters.count = 31;
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"adapters.count", "31", "30"})));
}

TEST_F(Inputs, RefuseALibraryOfWhichNothingCanBeUsed) {
  config.adapters.on_unusable = OnUnusable::skip;
  config.adapters.select = AdapterSelection::named;
  config.adapters.names = {"tiny_flan-copy_v1"};
  folder.write("adapters/tiny_flan-copy_v1/adapter_config.json", "{");
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"none", "tiny_flan-copy_v1"})));
}

TEST_F(Inputs, OfAContinuedRunLeaveOutWhatItLeftOutBefore) {
  config.adapters.on_unusable = OnUnusable::skip;
  const std::vector<UnusableAdapter> before = {{"tiny_flan-copy_v1", "was broken"}, {"long_gone", "too"}};
  inputs = read_inputs(config, problems, LibraryValues::kept, before);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(inputs.library, SizeIs(30));
  EXPECT_THAT(inputs.skipped, ElementsAre(before[0]));
}

TEST_F(Inputs, SayThatAPoolIsIdleWhereAllTasksAreFolders) {
  read();
  EXPECT_THAT(idle_settings(config, inputs.suite), IsEmpty());
  config.tasks.path = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "lorahub_tasks";
  read();
  EXPECT_THAT(idle_settings(config, inputs.suite), ElementsAre(Tells({"tasks.pool"})));
  config.tasks.pool.reset();
  EXPECT_THAT(idle_settings(config, inputs.suite), IsEmpty());
}

// PEFT keeps the tables of a model beside the factors where it cannot know whether they were trained.
TEST_F(Inputs, TakeAnAdapterThatHoldsTheBasesTables) {
  const std::filesystem::path file = folder.path() / "adapters/tiny_flan-swap_v1/adapter_model.safetensors";
  const auto base = open_weights(folder.path() / "base/model.safetensors");
  std::map<std::string, Tensor> tensors;
  const auto weights = open_weights(file);
  for (const TensorInfo& info : weights->tensors()) tensors[info.name] = weights->read(info.name);
  for (const char* name : {"shared.weight", "lm_head.weight"})
    tensors[std::string("base_model.model.") + name] = base->read(name);
  write_safetensors(file, tensors);
  read();
  EXPECT_THAT(problems, IsEmpty());
  tensors["base_model.model.lm_head.weight"].values.back() += 1;
  write_safetensors(file, tensors);
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"tiny_flan-swap_v1", "lm_head.weight", "1 of 1312"})));
}

std::vector<std::string> names_of(const std::vector<PassedOver>& entries) {
  std::vector<std::string> names;
  for (const PassedOver& entry : entries) names.push_back(entry.path.filename().string());
  return names;
}

TEST_F(Inputs, SayWhatWasPassedOver) {
  folder.write("adapters/lora.safetensors", "");
  folder.write("tasks/more.jsonl", "");
  read();
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(names_of(inputs.passed_over), ElementsAre("more.jsonl", "lora.safetensors"));
}

TEST_F(Inputs, SayWhichTasksAreEqualUnderTwoNames) {
  std::filesystem::copy(folder.path() / "tasks/queue_size.json", folder.path() / "tasks/same_again.json");
  read();
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(equal_tasks(inputs.suite), ElementsAre(Tells({"queue_size", "same_again"})));
}

TEST_F(Inputs, OfTheDemoHaveNothingBesideThem) {
  read();
  EXPECT_THAT(equal_tasks(inputs.suite), IsEmpty());
  EXPECT_THAT(inputs.passed_over, IsEmpty());
}

// transformers 5.0.0 writes these two for models that have a head of their own.
TEST_F(Inputs, RefuseAHeadThatConfigJsonKnowsNothingOf) {
  replace_in("base/config.json", "\"tie_word_embeddings\": false",
             "\"tie_word_embeddings\": true, \"scale_decoder_outputs\": true");
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"lm_head.weight"})));
}

TEST_F(Inputs, RefuseTokensThatWereAddedToTheTokenizer) {
  folder.write("base/added_tokens.json", R"({"\n": 1300, "{": 1301, "}": 1302, "[SEP]": 1303})");
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"added_tokens.json"})));
}

// What training with tokens of its own leaves beside an adapter; the base model's files there say nothing new.
TEST_F(Inputs, RefuseAnAdapterThatWasTrainedOnOtherTokens) {
  folder.write("adapters/tiny_flan-swap_v1/added_tokens.json", R"({"\n": 1300})");
  for (const char* file : {"spiece.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"})
    std::filesystem::copy(folder.path() / "base" / file, folder.path() / "adapters/tiny_flan-copy_v1" / file);
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"tiny_flan-swap_v1/added_tokens.json", "1300"})));
}

TEST_F(Inputs, RefuseAModelWhoseAnswersAreMadeWithBeams) {
  replace_in("base/generation_config.json", "\"eos_token_id\": 1", "\"eos_token_id\": 1, \"num_beams\": 4");
  read();
  EXPECT_THAT(problems, ElementsAre(Tells({"generation_config.json", "num_beams"})));
}

}  // namespace
}  // namespace lorasweep
