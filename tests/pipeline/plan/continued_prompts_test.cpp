// SPDX-License-Identifier: Apache-2.0
// Plans over a decoder-only model: tokens of prompts and completions as the reference has them, what has no room, what
// reaches over the border.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan_of_inputs.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const fs::path demo = fs::path(LORASWEEP_DEMO_DIR) / "causal";

class ContinuedPrompts : public testing::Test {
 protected:
  void SetUp() override {
    config.model.path = (demo / "base").string();
    config.adapters.dir = demo / "adapters";
    config.adapters.select = AdapterSelection::named;
    config.adapters.names = {"tiny_llama-copy_v1"};
    config.tasks.path = demo / "tasks";
    config.tasks.pool = 10;
  }
  const SweepInputs& read() {
    problems.clear();
    inputs = read_inputs(config, problems);
    return inputs;
  }
  Plan plan() {
    read();
    EXPECT_THAT(problems, IsEmpty());
    return plan_of(config, inputs);
  }
  /// A copy of the base model whose small files may be changed; its weights are a link.
  fs::path base_copy() const {
    const fs::path copy = folder.path() / "base";
    fs::create_directories(copy);
    for (const auto& entry : fs::directory_iterator(demo / "base"))
      if (entry.path().extension() == ".safetensors")
        fs::create_symlink(entry.path(), copy / entry.path().filename());
      else
        fs::copy(entry.path(), copy);
    return copy;
  }
  void write_task(const std::string& name, const std::vector<std::pair<std::string, std::string>>& examples) const {
    nlohmann::ordered_json task;
    for (const auto& [input, target] : examples) task["examples"].push_back({{"input", input}, {"target", target}});
    folder.write("tasks/" + name + ".json", task.dump());
  }

  TemporaryFolder folder;
  RunConfig config;
  std::vector<std::string> problems;
  SweepInputs inputs;
};

// The reference learns from example.jsonl, which is the pool: with the same draw, from the same examples.
TEST_F(ContinuedPrompts, HaveTheTokensThatTheReferencesLossesAreOf) {
  const fs::path file = fs::path(LORASWEEP_GOLDEN_DIR) / "causal/llama/goldens/losses.json";
  int compared = 0;
  for (const auto& group : parse_json(read_file(file, 64u << 20), file.string())) {
    if (group.at("rows").size() != 5) continue;  // of another draw
    config.tasks.names = {group.at("task").get<std::string>()};
    const Plan made = plan();
    const auto& shots = made.catalogue.example_sets[made.tasks.at(0).example_set];
    ASSERT_EQ(shots.size(), group.at("rows").size());
    for (std::size_t i = 0; i < shots.size(); ++i) {
      const Example& shot = made.catalogue.examples[shots[i]];
      TokenIds whole = shot.source;
      whole.insert(whole.end(), shot.target.begin(), shot.target.end());
      EXPECT_EQ(whole, group.at("rows")[i].at("ids").get<TokenIds>());
      EXPECT_EQ(shot.source.size(), group.at("rows")[i].at("prompt_tokens").get<std::size_t>());
      ++compared;
    }
  }
  EXPECT_EQ(compared, 15);
}

TEST_F(ContinuedPrompts, AskAfterThePromptAlone) {
  const Plan made = plan();
  const Task& task = inputs.suite.tasks[1];
  EXPECT_EQ(made.catalogue.examples[made.tasks[1].test[3]].source, inputs.tokenizer->encode(task.test[3].input));
  EXPECT_EQ(made.catalogue.examples[made.tasks[1].few_shot[3]].source,
            inputs.tokenizer->encode(task.few_shot[3].input));
  EXPECT_TRUE(task.test[3].input.ends_with("\n"));
  EXPECT_TRUE(task.few_shot[3].input.ends_with(task.test[3].input));
}

TEST_F(ContinuedPrompts, ShareNoTokenWithTheirCompletionsByDefault) {
  for (const PlannedTask& task : plan().tasks) EXPECT_EQ(task.over_border, 0u) << task.name;
}

TEST_F(ContinuedPrompts, OfNamedTemplatesShareNoTokenWithTheirCompletions) {
  for (const NamedTemplate& each : named_templates()) {
    config.tasks.named_template = each.name;
    const Plan made = plan();
    for (const PlannedTask& task : made.tasks) EXPECT_EQ(task.over_border, 0u) << each.name << ", " << task.name;
    const bool has_its_tokens = each.name == "llama3" || each.special_tokens.empty();
    EXPECT_EQ(made.plain_markers.empty(), has_its_tokens) << each.name;
  }
}

TEST_F(ContinuedPrompts, CountTheExamplesWhoseTokensReachOverTheBorder) {
  write_task("words", {{"one two", "three"}, {"a b ", "c d"}, {"one ", "two three"}, {"x\n", "y"}, {"x", "\n"}});
  config.tasks.path = folder.path() / "tasks";
  config.tasks.pool.reset();
  config.tasks.shots = 1;
  config.tasks.prompt = "{input}";
  const Plan made = plan();
  std::size_t expected = 0;
  const auto count = [&](const TextExample& example) {
    const TokenIds prompt = inputs.tokenizer->encode(example.input),
                   both = inputs.tokenizer->encode(example.input + example.target);
    expected += prompt.size() <= both.size() && std::equal(prompt.begin(), prompt.end(), both.begin()) ? 0 : 1;
  };
  for (const TextExample& shot : inputs.suite.tasks[0].shots) count(shot);
  for (const TextExample& test : inputs.suite.tasks[0].test) count(test);
  EXPECT_GT(expected, 0u) << "the words are such that tokens do reach over";
  EXPECT_EQ(made.tasks[0].over_border, expected);
  for (std::size_t i = 0; i < inputs.suite.tasks[0].test.size(); ++i)
    EXPECT_EQ(made.catalogue.examples[made.tasks[0].test[i]].source,
              inputs.tokenizer->encode(inputs.suite.tasks[0].test[i].input))
        << "an answer continues the prompt by itself";
}

TEST_F(ContinuedPrompts, ThatAreTooLongAreRefusedByTaskAndExample) {
  std::string much;
  for (int i = 0; i < 2100; ++i) much += " x";
  write_task("lengthy", {{"a", "b"}, {"c", "d"}, {much, "e"}});
  config.tasks.path = folder.path() / "tasks";
  config.tasks.pool = 1;
  config.tasks.shots = 1;
  read();
  ASSERT_THAT(problems, IsEmpty());
  const Refusal refusal = refusal_of([&] { plan_of(config, inputs); });
  EXPECT_EQ(refusal.code, ExitCode::bad_input);
  EXPECT_THAT(refusal.where, testing::EndsWith("lengthy.json, examples[2]"));
  EXPECT_THAT(refusal.problem, testing::AllOf(testing::HasSubstr("lengthy"), testing::HasSubstr("2048")));
}

TEST_F(ContinuedPrompts, LeaveRoomForTheLongestAnswer) {
  config.predict.max_new_tokens = 2040;
  read();
  const Refusal refusal = refusal_of([&] { plan_of(config, inputs); });
  EXPECT_EQ(refusal.code, ExitCode::usage);
  EXPECT_EQ(refusal.where, "predict.max_new_tokens");
  EXPECT_NO_THROW(screen_of(config, inputs)) << "which asks for no answer";
}

TEST_F(ContinuedPrompts, ThatAreEmptyAreRefusedWhereNoTokenStandsInFront) {
  write_task("empty", {{"", "b"}, {"c", "d"}, {"e", "f"}});
  config.tasks.path = folder.path() / "tasks";
  config.tasks.pool = 1;
  config.tasks.shots = 1;
  config.tasks.prompt = "{input}";
  EXPECT_NO_THROW(plan()) << "the tokenizer's first token stands in front";
  const fs::path base = base_copy();
  auto tokenizer = parse_json(read_file(base / "tokenizer.json", 1u << 24), "tokenizer.json");
  tokenizer["post_processor"] = nullptr;
  write_file_atomically(base / "tokenizer.json", tokenizer.dump());
  config.model.path = base.string();
  read();
  ASSERT_THAT(problems, IsEmpty());
  const Refusal refusal = refusal_of([&] { plan_of(config, inputs); });
  EXPECT_EQ(refusal.code, ExitCode::bad_input);
  EXPECT_THAT(refusal.where, testing::EndsWith("empty.json, examples[0]"));
}

TEST_F(ContinuedPrompts, TakeATokenizerThatLiesElsewhere) {
  const fs::path base = base_copy(), elsewhere = folder.path() / "elsewhere";
  fs::create_directories(elsewhere);
  for (const char* file : {"tokenizer.json", "tokenizer_config.json"}) fs::rename(base / file, elsewhere / file);
  config.model.path = base.string();
  read();
  EXPECT_THAT(problems, Contains(Tells({"tokenizer.json"})));
  config.model.tokenizer = elsewhere.string();
  read();
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(inputs.tokenizer->files(), ElementsAre(elsewhere / "tokenizer.json"));
  EXPECT_THAT(inputs.base_files, Contains(testing::Key(elsewhere / "tokenizer.json")))
      << "a change while the sweep starts would be seen";
}

}  // namespace
}  // namespace lorasweep
