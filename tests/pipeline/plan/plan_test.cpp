// SPDX-License-Identifier: Apache-2.0
// Plans against the draws that the reference made.
#include "pipeline/plan/plan.h"

#include "data/core/file.h"
#include "data/core/json.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/part.h"
#include "tests/pipeline/plan/input_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace lorasweep {
namespace {

nlohmann::ordered_json golden(const std::string& name) {
  const JsonLimits limits{.bytes = std::size_t{256} << 20};
  return parse_json(read_file(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "oracle" / name, limits.bytes), name,
                    limits);
}

class PlanOfTheDemo : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::vector<std::string> problems;
    inputs = new SweepInputs(read_inputs(demo_config(), problems));
    ASSERT_THAT(problems, testing::IsEmpty());
  }
  static void TearDownTestSuite() {
    delete inputs;
    inputs = nullptr;
  }
  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Adapter& adapter : inputs->library) all.push_back(adapter.name());
    return all;
  }
  static Plan plan(const RunConfig& config) { return make_plan(config, inputs->suite, names(), *inputs->tokenizer); }

  static SweepInputs* inputs;
};
SweepInputs* PlanOfTheDemo::inputs = nullptr;

TEST_F(PlanOfTheDemo, DrawsTheAdaptersOfEveryReferenceRun) {
  const Plan made = plan(demo_config());
  const auto library = names();
  int compared = 0;
  const auto reference = golden("lorahub_runs.json");
  for (const auto& run : reference.at("runs")) {
    for (const PlannedSearch& search : made.searches) {
      if (made.tasks[search.task].name != run.at("task").get<std::string>() ||
          search.seed != run.at("seed").get<std::uint32_t>())
        continue;
      std::vector<std::string> drawn;
      for (const std::int32_t index : made.adapter_sets[search.adapter_set]) drawn.push_back(library[index]);
      EXPECT_EQ(drawn, run.at("modules").get<std::vector<std::string>>());
      ++compared;
    }
  }
  EXPECT_EQ(compared, 40);
}

TEST_F(PlanOfTheDemo, TestsTheReferencesExamples) {
  const Plan made = plan(demo_config());
  const auto reference = golden("lorahub_runs.json");
  for (const auto& entry : reference.at("summary")) {
    const auto task = std::ranges::find(made.tasks, entry.at("task").get<std::string>(), &PlannedTask::name);
    ASSERT_NE(task, made.tasks.end());
    EXPECT_EQ(task->test.size(), entry.at("zero_shot_predictions").size());
    EXPECT_EQ(task->few_shot.size(), task->test.size());
    EXPECT_EQ(task->targets.size(), task->test.size());
    EXPECT_EQ(made.catalogue.example_sets[task->example_set].size(), 5u);
  }
}

TEST_F(PlanOfTheDemo, ListsSearchesTaskByTask) {
  const Plan made = plan(demo_config());
  ASSERT_EQ(made.searches.size(), 40u);
  EXPECT_EQ(made.adapter_sets.size(), 5u);  // tasks share the draws of a seed
  for (std::int32_t i = 0; i < 40; ++i) {
    EXPECT_EQ(made.searches[i].task, i / 5);
    EXPECT_EQ(made.searches[i].replicate, i % 5);
    EXPECT_EQ(made.searches[i].seed, static_cast<std::uint32_t>(i % 5 + 1));
    EXPECT_EQ(made.searches[i].adapter_set, i % 5);
  }
}

TEST_F(PlanOfTheDemo, TokenisesBothSidesOfEveryExample) {
  const Plan made = plan(demo_config());
  const Task& task = inputs->suite.tasks[2];
  const Example& shot = made.catalogue.examples[made.catalogue.example_sets[made.tasks[2].example_set][1]];
  EXPECT_EQ(shot.source, inputs->tokenizer->encode(task.shots[1].input));
  EXPECT_EQ(shot.target, inputs->tokenizer->encode(task.shots[1].target));
  EXPECT_EQ(made.catalogue.examples[made.tasks[2].test[7]].source, inputs->tokenizer->encode(task.test[7].input));
  EXPECT_EQ(made.catalogue.examples[made.tasks[2].few_shot[7]].source,
            inputs->tokenizer->encode(task.few_shot[7].input));
  EXPECT_EQ(made.tasks[2].targets[7], task.test[7].target);
}

TEST_F(PlanOfTheDemo, LeavesOutABaselineThatNobodyWants) {
  RunConfig config = demo_config();
  config.predict.baselines = {Subject::zero_shot};
  for (const PlannedTask& task : plan(config).tasks) EXPECT_TRUE(task.few_shot.empty());
}

TEST_F(PlanOfTheDemo, TakesTheWholeLibraryOnceForAllSeeds) {
  RunConfig config = demo_config();
  config.adapters.select = AdapterSelection::all;
  const Plan made = plan(config);
  ASSERT_EQ(made.adapter_sets.size(), 1u);
  EXPECT_EQ(made.adapter_sets[0].size(), 31u);
  EXPECT_EQ(made.adapter_sets[0].back(), 30);
  EXPECT_EQ(made.searches.size(), 8u) << "cobyla over the same adapters: a seed changes nothing";
  EXPECT_EQ(made.replicates, 1u);
  config.search.method = "cma";
  EXPECT_EQ(plan(config).searches.size(), 40u);
}

TEST_F(PlanOfTheDemo, HasTheSearchesOfAnOlderRun) {
  RunConfig config = demo_config();
  config.adapters.select = AdapterSelection::all;
  const Plan made = make_plan(config, inputs->suite, names(), *inputs->tokenizer, {.replicates = 5});
  ASSERT_EQ(made.searches.size(), 40u);
  EXPECT_EQ(made.searches[7].seed, 3u);
}

TEST_F(PlanOfTheDemo, GivesEveryReplicateItsDrawOfShots) {
  RunConfig config = demo_config();
  config.tasks.shot_seed = {42, 7};
  config.search.seeds = {3, 5};
  std::vector<std::string> problems;
  const SweepInputs two = read_inputs(config, problems);
  ASSERT_THAT(problems, testing::IsEmpty());
  const Plan made = make_plan(config, two.suite, names(), *two.tokenizer);
  EXPECT_EQ(made.catalogue.example_sets.size(), 16u);
  ASSERT_EQ(made.searches.size(), 16u);
  for (std::int32_t i = 0; i < 16; ++i) {
    EXPECT_EQ(made.searches[i].example_set, i) << "task-major, then by draw";
    EXPECT_EQ(made.searches[i].seed, i % 2 == 0 ? 3u : 5u);
    const Task& task = two.suite.tasks[i / 2];
    const TextExample& shot = (i % 2 == 0 ? task.shots : task.further_shots[0])[1];
    EXPECT_EQ(made.catalogue.examples[made.catalogue.example_sets[i][1]].source, inputs->tokenizer->encode(shot.input));
  }
  config.search.seeds = {3};
  EXPECT_EQ(make_plan(config, two.suite, names(), *two.tokenizer).searches.size(), 16u) << "one seed with both draws";
}

TEST_F(PlanOfTheDemo, PutsTheControlsOverRandomAdaptersBehindTheSearches) {
  RunConfig config = demo_config();
  config.predict.baselines.push_back(Subject::random_adapters);
  const Plan made = plan(config);
  ASSERT_EQ(made.searches.size(), 80u);
  for (std::size_t i = 0; i < 40; ++i) {
    const PlannedSearch &search = made.searches[i], &control = made.searches[40 + i];
    EXPECT_EQ(search.answers, Subject::search);
    EXPECT_EQ(control.answers, Subject::random_adapters);
    EXPECT_EQ(control.task, search.task);
    EXPECT_EQ(control.seed, search.seed);
    EXPECT_EQ(control.example_set, search.example_set);
    EXPECT_EQ(control.adapter_set, search.adapter_set);
  }
  EXPECT_TRUE(std::ranges::is_sorted(made.twins));
  for (const auto& set : made.adapter_sets)
    for (const std::int32_t adapter : set) {
      ASSERT_GE(twin_row(made, adapter), 31) << "behind the library";
      EXPECT_EQ(made.twins.at(twin_row(made, adapter) - 31), adapter);
    }
  EXPECT_TRUE(plan(demo_config()).twins.empty());
}

TEST_F(PlanOfTheDemo, TriesTheWholeLibraryOnEachTasksShotsBeforeAScreenedSearch) {
  RunConfig config = demo_config();
  config.adapters.select = AdapterSelection::screened;
  config.adapters.count = 5;
  const Plan made = plan(config);
  EXPECT_EQ(made.searches.size(), 8u) << "cobyla over what the screen chooses: a seed changes nothing";
  for (const PlannedSearch& search : made.searches) EXPECT_EQ(search.adapter_set, -1);
  EXPECT_TRUE(made.adapter_sets.empty());
  ASSERT_EQ(made.trials.size(), 8u * 31);
  EXPECT_EQ(made.trials[31 * 3 + 7], (PlannedTrial{Trial::screen, 3, 7}));
  EXPECT_EQ(most_adapters(made), 5);
  EXPECT_TRUE(made.controls.empty());
}

TEST_F(PlanOfTheDemo, TriesForTheBestSingleOnlyWhatSearchesHave) {
  RunConfig config = demo_config();
  config.adapters.count = 4;
  config.search.seeds = {1, 2};
  config.predict.baselines = {Subject::best_single, Subject::uniform};
  config.predict.ablate = true;
  const Plan made = plan(config);
  std::set<std::int32_t> drawn;
  for (const auto& set : made.adapter_sets) drawn.insert(set.begin(), set.end());
  std::vector<PlannedTrial> expected;
  for (std::uint32_t shots = 0; shots < 8; ++shots)
    for (const std::int32_t a : drawn) expected.push_back({Trial::screen, shots, static_cast<std::uint32_t>(a)});
  for (std::uint32_t s = 0; s < 16; ++s) expected.push_back({Trial::uniform, s, 0});
  for (std::uint32_t s = 0; s < 16; ++s)
    for (std::uint32_t slot = 0; slot < 4; ++slot) expected.push_back({Trial::ablation, s, slot});
  EXPECT_EQ(made.trials, expected);
  EXPECT_TRUE(std::ranges::is_sorted(made.trials));
  ASSERT_EQ(made.controls.size(), 32u);
  EXPECT_TRUE(made.baselines.empty());
}

TEST_F(PlanOfTheDemo, OfAScreenAloneHasNothingElse) {
  const Plan made = make_plan(demo_config(), inputs->suite, names(), *inputs->tokenizer, {.screen_only = true});
  EXPECT_EQ(made.trials.size(), 8u * 31);
  EXPECT_TRUE(made.searches.empty());
  EXPECT_TRUE(made.baselines.empty());
  EXPECT_TRUE(made.controls.empty());
}

TEST_F(PlanOfTheDemo, KeepsAScreenedTasksSearchesInOnePart) {
  RunConfig config = demo_config();
  config.adapters.select = AdapterSelection::screened;
  config.search.method = "cma";
  config.predict.ablate = true;
  config.adapters.count = 2;
  const Plan whole = plan(config);
  ASSERT_EQ(whole.searches.size(), 40u);
  std::multiset<std::int32_t> tasks;
  std::size_t screens = 0, baselines = 0;
  for (int number = 1; number <= 3; ++number) {
    const Plan part = part_of(whole, 9, {number, 3});
    std::set<std::int32_t> of_part;
    for (const PlannedSearch& search : part.searches) of_part.insert(search.task);
    EXPECT_EQ(part.searches.size(), 5 * of_part.size());
    tasks.insert(of_part.begin(), of_part.end());
    baselines += part.baselines.size();
    for (const PlannedTrial& trial : part.trials) {
      if (trial.kind == Trial::screen) {
        EXPECT_TRUE(of_part.contains(static_cast<std::int32_t>(trial.index)));
      }
      if (trial.kind == Trial::ablation) {
        EXPECT_LT(trial.index, part.searches.size());
      }
      screens += trial.kind == Trial::screen;
    }
    EXPECT_EQ(std::ranges::count(part.trials, Trial::ablation, &PlannedTrial::kind), std::ssize(part.searches) * 2);
  }
  EXPECT_EQ(tasks.size(), 8u);
  EXPECT_EQ(screens, 8u * 31);
  EXPECT_EQ(baselines, whole.baselines.size());
}

TEST_F(PlanOfTheDemo, IsAPureFunction) {
  const Plan one = plan(demo_config()), other = plan(demo_config());
  EXPECT_EQ(one.catalogue, other.catalogue);
}

// Words of one id each, and a task whose examples have so many of them. The pool gives the shots, the rest is the test
// set.
std::string words(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "<extra_id_0>";
  return text;
}

class PlanOfLongTexts : public testing::Test {
 protected:
  Plan plan(const std::vector<int>& lengths, std::vector<Subject> baselines, const std::string& target = "yes") {
    nlohmann::ordered_json task = {{"examples", nlohmann::ordered_json::array()}};
    for (const int length : lengths) task["examples"].push_back({{"input", words(length)}, {"target", target}});
    std::filesystem::remove_all(folder.path() / "tasks");
    std::filesystem::create_directories(folder.path() / "tasks");
    folder.write("tasks/long.json", task.dump());
    RunConfig config = folder.config();
    config.tasks.shots = config.tasks.pool.emplace(2);
    config.adapters.count = 1;
    config.predict.baselines = std::move(baselines);
    config.predict.max_new_tokens = 3;
    std::vector<std::string> problems;
    const SweepInputs inputs = read_inputs(config, problems);
    EXPECT_THAT(problems, testing::IsEmpty());
    return make_plan(config, inputs.suite, {"adapter"}, *inputs.tokenizer);
  }

  InputFolder folder;
};

TEST_F(PlanOfLongTexts, KnowsWhichInputsAreCut) {
  const Plan made = plan({10, 10, 2047, 2048, 3000, 5}, {Subject::zero_shot});
  const PlannedTask& task = made.tasks.at(0);
  EXPECT_THAT(task.cut.shots, testing::IsEmpty());
  EXPECT_THAT(task.cut.shot_targets, testing::IsEmpty());
  EXPECT_THAT(task.cut.test, testing::ElementsAre(1, 2)) << "2047 words and the end fit";
  EXPECT_FALSE(task.cut.few_shot) << "not asked for";
  EXPECT_EQ(task.longest, 3001u);
  EXPECT_EQ(made.catalogue.examples.at(task.test[2]).source.size(), 2048u);
}

TEST_F(PlanOfLongTexts, KnowsWhichShotsAndFewShotPromptsAreCut) {
  const Plan made = plan({3000, 3000, 5, 6}, {Subject::few_shot}, words(2048));
  const CutExamples& cut = made.tasks.at(0).cut;
  EXPECT_THAT(cut.shots, testing::ElementsAre(0, 1));
  EXPECT_THAT(cut.shot_targets, testing::ElementsAre(0, 1));
  EXPECT_THAT(cut.test, testing::IsEmpty());
  ASSERT_TRUE(cut.few_shot);
  EXPECT_THAT(*cut.few_shot, testing::ElementsAre(0, 1));
  EXPECT_GT(made.tasks.at(0).longest, 6000u) << "the prompts have both shots";
}

TEST_F(PlanOfLongTexts, KnowsWhichAnswersNoModelCanGive) {
  EXPECT_THAT(plan({1, 1, 1, 1}, {}, words(3)).tasks.at(0).out_of_reach, testing::IsEmpty())
      << "the end may be missing";
  EXPECT_THAT(plan({1, 1, 1, 1}, {}, words(4)).tasks.at(0).out_of_reach, testing::ElementsAre(0, 1));
}

}  // namespace
}  // namespace lorasweep
