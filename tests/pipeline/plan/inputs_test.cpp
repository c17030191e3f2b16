// SPDX-License-Identifier: Apache-2.0
// One broken input is reported with the others, not instead of them.
#include "pipeline/plan/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/core/error.h"
#include "data/core/file.h"
#include "tests/pipeline/plan/input_folder.h"

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Inputs : public testing::Test {
 protected:
  void read() { inputs = read_inputs(config, problems); }
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
  check_values(inputs, problems);
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
  EXPECT_THAT(problems, Contains(HasSubstr("tiny_flan-copy_v1/adapter_config.json")));
  EXPECT_THAT(problems, Contains(HasSubstr("tiny_flan-swap_v1/adapter_model.safetensors")));
  EXPECT_THAT(problems, Contains(HasSubstr("queue_size.json")));
  EXPECT_THAT(problems, Contains(HasSubstr("spiece.model")));
}

TEST_F(Inputs, CheckAdaptersEvenIfTheBaseHasNoWeights) {
  std::filesystem::remove(folder.path() / "base" / "model.safetensors");
  folder.write("adapters/tiny_flan-copy_v1/adapter_config.json", "{");
  read();
  EXPECT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems, Contains(HasSubstr("model.safetensors")));
  EXPECT_THAT(problems, Contains(HasSubstr("tiny_flan-copy_v1")));
}

TEST_F(Inputs, CheckTasksEvenIfThereIsNoModel) {
  config.model.path = (folder.path() / "nowhere").string();
  folder.write("tasks/queue_size.json", "[]");
  read();
  EXPECT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems, Contains(HasSubstr("nowhere")));
  EXPECT_THAT(problems, Contains(HasSubstr("queue_size.json")));
}

TEST_F(Inputs, RefuseDifferentScalingsUnderLorahubOnly) {
  replace_in("adapters/tiny_flan-swap_v1/adapter_config.json", "\"lora_alpha\": 16", "\"lora_alpha\": 32");
  read();
  EXPECT_THAT(problems, ElementsAre(HasSubstr("tiny_flan-swap_v1")));

  problems.clear();
  config.search.composition = Composition::exact;
  read();
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(Inputs, RefuseToDrawMoreThanThereAre) {
  config.adapters.count = 32;
  read();
  EXPECT_THAT(problems, ElementsAre(AllOf(HasSubstr("adapters.count"), HasSubstr("32"), HasSubstr("31"))));
}

TEST_F(Inputs, RefuseATaskPatternThatMatchesNothing) {
  config.tasks.names = {"zebra*"};
  read();
  EXPECT_THAT(problems, ElementsAre(HasSubstr("zebra*")));
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
  EXPECT_THAT(names_of(inputs.passed_over), ElementsAre("lora.safetensors", "more.jsonl"));
}

TEST_F(Inputs, SayWhichAreEqualUnderTwoNames) {
  std::filesystem::copy(folder.path() / "adapters/tiny_flan-swap_v1", folder.path() / "adapters/other");
  std::filesystem::copy(folder.path() / "tasks/queue_size.json", folder.path() / "tasks/same_again.json");
  read();
  const std::vector<std::string> notes = check_values(inputs, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(notes, ElementsAre(AllOf(HasSubstr("tiny_flan-swap_v1"), HasSubstr("other")),
                                 AllOf(HasSubstr("queue_size"), HasSubstr("same_again"))));
}

TEST_F(Inputs, OfTheDemoAreAllDifferent) {
  read();
  EXPECT_THAT(check_values(inputs, problems), IsEmpty());
  EXPECT_THAT(inputs.passed_over, IsEmpty());
}

// transformers 5.0.0 writes these two for models that have a head of their own.
TEST_F(Inputs, RefuseAHeadThatConfigJsonKnowsNothingOf) {
  replace_in("base/config.json", "\"tie_word_embeddings\": false",
             "\"tie_word_embeddings\": true, \"scale_decoder_outputs\": true");
  read();
  EXPECT_THAT(problems, ElementsAre(HasSubstr("lm_head.weight")));
}

TEST_F(Inputs, RefuseTokensThatWereAddedToTheTokenizer) {
  folder.write("base/added_tokens.json", R"({"\n": 1300, "{": 1301, "}": 1302, "[SEP]": 1303})");
  read();
  EXPECT_THAT(problems, ElementsAre(HasSubstr("added_tokens.json")));
}

TEST_F(Inputs, RefuseAModelWhoseAnswersAreMadeWithBeams) {
  replace_in("base/generation_config.json", "\"eos_token_id\": 1", "\"eos_token_id\": 1, \"num_beams\": 4");
  read();
  EXPECT_THAT(problems, ElementsAre(AllOf(HasSubstr("generation_config.json"), HasSubstr("num_beams"))));
}

TEST_F(Inputs, HaveTheirValuesReadWhenAsked) {
  const std::filesystem::path file = folder.path() / "adapters/tiny_flan-swap_v1/adapter_model.safetensors";
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(-4, std::ios::end);
  bytes.write("\xff\xff\xff\x7f", 4);  // a NaN, which no table shows
  bytes.close();
  read();
  EXPECT_THAT(problems, IsEmpty());
  check_values(inputs, problems);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("tiny_flan-swap_v1")));
}

}  // namespace
}  // namespace lorasweep
