// SPDX-License-Identifier: Apache-2.0
// What a good configuration becomes, and which source of a value wins.
#include "pipeline/config/load_config.h"

#include "pipeline/config/config_schema.h"
#include "pipeline/config/result_settings.h"
#include "pipeline/config/task_options.h"
#include "tests/pipeline/config/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(LoadConfig, ReadsEveryKeyOfTheDocumentedExample) {
  const ConfigText text(R"(schema = 1
[model]
path = "base"
dtype = "bf16"
[adapters]
dir = "adapters"
list = "adapters.txt"
select = "random"
count = 7
exclude = ["old_*"]
on_unusable = "skip"
[tasks]
path = "tasks"
names = ["a*", "b"]
shots = 3
shot_seed = 4294967295
pool = 10
prompt = "{instruction}\n\nQ: {input}\nA:"
limit = 12
[search]
method = "cma"
budget = 80
population = 8
seeds = [9, 3]
bounds = [-2, 1.25]
l1 = 0
composition = "exact"
loss = "example_mean"
[predict]
max_new_tokens = 16
baselines = ["few-shot"]
[run]
out = "../elsewhere"
workers = 2
threads = 3
)");
  const RunConfig config = text.load().config;
  const std::filesystem::path& here = text.directory();
  EXPECT_EQ(config.model, (BaseModelConfig{.path = (here / "base").string(), .dtype = Element::bf16}));
  EXPECT_EQ(config.adapters, (AdaptersConfig{.dir = here / "adapters",
                                             .list = here / "adapters.txt",
                                             .count = 7,
                                             .names = {},
                                             .exclude = {"old_*"},
                                             .on_unusable = OnUnusable::skip}));
  EXPECT_EQ(config.tasks, (TasksConfig{.path = here / "tasks",
                                       .names = {"a*", "b"},
                                       .shots = 3,
                                       .shot_seed = {4294967295},
                                       .pool = 10,
                                       .prompt = "{instruction}\n\nQ: {input}\nA:",
                                       .limit = 12}));
  EXPECT_EQ(config.search, (SearchConfig{.method = "cma",
                                         .budget = 80,
                                         .population = 8,
                                         .seeds = {9, 3},
                                         .bounds = {-2, 1.25},
                                         .l1 = 0,
                                         .composition = Composition::exact,
                                         .loss = Reduction::example_mean}));
  EXPECT_EQ(config.predict, (PredictConfig{.max_new_tokens = 16, .baselines = {Subject::few_shot}}));
  EXPECT_EQ(config.run, (RunSection{.out = here.parent_path() / "elsewhere", .workers = 2, .threads = 3}));
}

TEST(LoadConfig, LeavesPromptsToTheModelWhereNothingIsSaid) {
  const RunConfig plain = ConfigText("").load().config;
  EXPECT_EQ(task_options(plain.tasks, false).prompt, "{input}");
  EXPECT_EQ(task_options(plain.tasks, false).completion, "{target}");
  EXPECT_EQ(task_options(plain.tasks, false).shot_form, ShotForm::two_lines);
  EXPECT_EQ(task_options(plain.tasks, true).prompt, "{input}\n");
  EXPECT_EQ(task_options(plain.tasks, true).completion, "{target}");
  EXPECT_EQ(task_options(plain.tasks, true).shot_form, ShotForm::continued);
  const RunConfig chat = ConfigText("[tasks]\ntemplate = \"mistral\"").load().config;
  EXPECT_EQ(task_options(chat.tasks, true).prompt, "{input}") << "what the template puts behind it ends it";
  EXPECT_EQ(task_options(chat.tasks, true).completion, " {target}");
  EXPECT_EQ(task_options(chat.tasks, true).shot_form, ShotForm::two_lines);
  const RunConfig own = ConfigText("[tasks]\ntemplate = \"mistral\"")
                            .load({"tasks.prompt=Q: {input}", "tasks.completion={target}!"})
                            .config;
  EXPECT_EQ(task_options(own.tasks, true).prompt, "Q: {input}");
  EXPECT_EQ(task_options(own.tasks, true).completion, "{target}!");
}

TEST(LoadConfig, TakesStopTextsAsAList) {
  const auto stop = [](const std::string& text, const std::vector<std::string>& flags = {}) {
    return ConfigText(text).load(flags).config.predict.stop;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(stop(""), Texts{});
  EXPECT_EQ(stop("[predict]\nstop = [\"\\n\\n\", \"Q:\"]"), (Texts{"\n\n", "Q:"}));
  EXPECT_EQ(stop("", {R"(predict.stop=["\n\n"])"}), (Texts{"\n\n"}));
  EXPECT_EQ(stop("", {"predict.stop=Q:,</s>"}), (Texts{"Q:", "</s>"}));
}

// Runs of before there were such settings are continued, and their digests stay.
TEST(ResultSettings, HoldWhatIsNewOnlyWhereItIsUsed) {
  RunConfig config;
  const auto before = result_settings(config);
  EXPECT_FALSE(before.at("tasks").contains("completion"));
  EXPECT_FALSE(before.at("tasks").contains("template"));
  EXPECT_FALSE(before.at("predict").contains("stop"));
  config.tasks.completion = " {target}";
  config.tasks.named_template = "chatml";
  config.predict.stop = {"Q:"};
  const auto now = result_settings(config);
  EXPECT_EQ(now.at("tasks").at("completion"), " {target}");
  EXPECT_EQ(now.at("tasks").at("template"), "chatml");
  EXPECT_EQ(now.at("predict").at("stop"), nlohmann::ordered_json::array({"Q:"}));
  const RunConfig back = config_of_result_settings(now, "here");
  EXPECT_EQ(back.tasks.completion, config.tasks.completion);
  EXPECT_EQ(back.tasks.named_template, config.tasks.named_template);
  EXPECT_EQ(back.predict.stop, config.predict.stop);
}

TEST(LoadConfig, TakesOneShotSeedOrAList) {
  const auto seeds = [](const std::string& text, const std::vector<std::string>& flags = {}) {
    return ConfigText(text).load(flags).config.tasks.shot_seed;
  };
  using Seeds = std::vector<std::uint32_t>;
  EXPECT_EQ(seeds("[tasks]\nshot_seed = 7"), (Seeds{7}));
  EXPECT_EQ(seeds("[tasks]\nshot_seed = [7]"), (Seeds{7}));
  EXPECT_EQ(seeds("[tasks]\nshot_seed = [7, 3]\n[search]\nseeds = [1, 2]"), (Seeds{7, 3}));
  EXPECT_EQ(seeds("[search]\nseeds = [1]", {"tasks.shot_seed=7,3"}), (Seeds{7, 3}));
  EXPECT_EQ(seeds("", {"tasks.shot_seed=7"}), (Seeds{7}));
  const auto one = ConfigText("[tasks]\nshot_seed = [7]").load().config;
  EXPECT_EQ(resolved(one)["tasks"]["shot_seed"], 7) << "as it was before there could be several";
}

TEST(LoadConfig, AGivenVectorIsOneEvaluation) {
  const LoadedConfig plain = ConfigText("[search]\nmethod = \"given\"\nweights = \"w.csv\"").load();
  EXPECT_EQ(plain.config.search.budget, 1);
  EXPECT_EQ(plain.config.search.weights.filename(), "w.csv");
  EXPECT_TRUE(plain.warnings.empty());
  const LoadedConfig more = ConfigText("[search]\nmethod = \"given\"\nweights = \"w.csv\"\nbudget = 40").load();
  EXPECT_EQ(more.config.search.budget, 1);
  ASSERT_EQ(more.warnings.size(), 1u);
  EXPECT_THAT(more.warnings[0], testing::HasSubstr("search.budget"));
}

TEST(LoadConfig, NoSearchIsOneEvaluation) {
  const LoadedConfig plain = ConfigText("[search]\nmethod = \"none\"").load();
  EXPECT_EQ(plain.config.search.budget, 1);
  EXPECT_TRUE(plain.warnings.empty());
  const LoadedConfig more = ConfigText("[search]\nmethod = \"none\"\nbudget = 40\npopulation = 8").load();
  EXPECT_EQ(more.config.search.budget, 1);
  EXPECT_EQ(more.config.search.population, 0);
  EXPECT_THAT(more.warnings,
              testing::ElementsAre(testing::HasSubstr("search.budget"), testing::HasSubstr("search.population")));
}

TEST(LoadConfig, AutoIsARuleForAllOfASearch) {
  const LoadedConfig plain = ConfigText("[search]\nmethod = \"auto\"").load();
  EXPECT_TRUE(plain.warnings.empty());
  EXPECT_EQ(plain.config.adapters.select, AdapterSelection::screened);
  EXPECT_EQ(plain.config.adapters.count, 5);
  EXPECT_EQ(plain.config.search.composition, Composition::exact);
  EXPECT_EQ(plain.config.search.guard, Guard::leave_one_out);
  EXPECT_EQ(plain.config.search.guard_ratio, 0.5);
  const LoadedConfig other =
      ConfigText("[search]\nmethod = \"auto\"\ncomposition = \"lorahub\"\n[adapters]\ncount = 20").load();
  EXPECT_EQ(other.config.search.composition, Composition::exact);
  EXPECT_THAT(other.warnings, testing::UnorderedElementsAre(testing::HasSubstr("search.composition"),
                                                            testing::HasSubstr("adapters.count")));
}

TEST(LoadConfig, KeepsTheFilesBytes) {
  const std::string bytes = "# a remark\r\nschema = 1\n";
  EXPECT_EQ(ConfigText(bytes).load().text, bytes);
}

TEST(LoadConfig, AnEmptyFileGivesTheDefaultsBesideIt) {
  const ConfigText text("");
  const LoadedConfig loaded = text.load();
  EXPECT_EQ(loaded.config.search, SearchConfig{});
  EXPECT_EQ(loaded.config.adapters.dir, text.directory() / "adapters");
  EXPECT_EQ(loaded.origins.size(), config_fields().size());
  for (const auto& [name, origin] : loaded.origins) EXPECT_EQ(origin, "default") << name;
}

TEST(LoadConfig, AFlagBeatsTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault) {
  const ConfigText text("[search]\nbudget = 10\nl1 = 0.1\nmethod = \"cma\"\n");
  const LoadedConfig loaded =
      text.load({"search.budget=30"}, {"LORASWEEP_SEARCH_BUDGET=20", "LORASWEEP_SEARCH_L1=0.2"});
  EXPECT_EQ(loaded.config.search.budget, 30);
  EXPECT_EQ(loaded.config.search.l1, 0.2);
  EXPECT_EQ(loaded.config.search.method, "cma");
  EXPECT_EQ(loaded.config.tasks.shots, 5);
  EXPECT_EQ(loaded.origins.at("search.budget"), "--set search.budget");
  EXPECT_EQ(loaded.origins.at("search.l1"), "LORASWEEP_SEARCH_L1");
  EXPECT_EQ(loaded.origins.at("search.method"), text.file().string() + ":4");
  EXPECT_EQ(loaded.origins.at("tasks.shots"), "default");
}

TEST(LoadConfig, OfTwoFlagsTheLastWins) {
  EXPECT_EQ(ConfigText("").load({"search.budget=1", "search.budget=2"}).config.search.budget, 2);
}

TEST(LoadConfig, PathsOfFlagsStartAtTheWorkingDirectory) {
  const ConfigText text("");
  const LoadedConfig loaded =
      text.load({"adapters.dir=there/"}, {"LORASWEEP_RUN_OUT=out", "LORASWEEP_MODEL_PATH=/models/t5"});
  EXPECT_EQ(loaded.config.adapters.dir, std::filesystem::current_path() / "there");
  EXPECT_EQ(loaded.config.run.out, std::filesystem::current_path() / "out");
  EXPECT_EQ(loaded.config.model.path, "/models/t5");
}

TEST(LoadConfig, FlagsTakeTextWithoutQuotesAndListsWithoutBrackets) {
  const ConfigText text("");
  const RunConfig config = text.load({"search.seeds=7,8", "search.bounds=-1,2", "tasks.names=a*,b",
                                      "tasks.prompt=Q: {input}", "predict.baselines="})
                               .config;
  EXPECT_EQ(config.search.seeds, (std::vector<std::uint32_t>{7, 8}));
  EXPECT_EQ(config.search.bounds, (Bounds{-1, 2}));
  EXPECT_EQ(config.tasks.names, (std::vector<std::string>{"a*", "b"}));
  EXPECT_EQ(config.tasks.prompt, "Q: {input}");
  EXPECT_TRUE(config.predict.baselines.empty());
}

TEST(LoadConfig, WhatMayBeNotSetIsUnsetByAnEmptyText) {
  const ConfigText text(
      "[adapters]\nlist = \"a.txt\"\n[tasks]\npool = 10\n[slurm]\npartition = \"x\"\nhint = \"nomultithread\"\n"
      "mail_type = \"END\"\nmail_user = \"a@b\"\n");
  const LoadedConfig loaded =
      text.load({"adapters.list=", "tasks.pool=", "slurm.partition="},
                {"LORASWEEP_SLURM_HINT=", "LORASWEEP_SLURM_MAIL_TYPE=", "LORASWEEP_SLURM_MAIL_USER="});
  EXPECT_EQ(loaded.config.adapters,
            (AdaptersConfig{.dir = text.directory() / "adapters", .list = {}, .names = {}, .exclude = {}}));
  EXPECT_EQ(loaded.config.tasks.pool, std::nullopt);
  EXPECT_EQ(loaded.config.slurm, SlurmConfig{});
  EXPECT_EQ(loaded.origins.at("tasks.pool"), "--set tasks.pool");
  EXPECT_EQ(loaded.origins.at("slurm.hint"), "LORASWEEP_SLURM_HINT");
}

TEST(LoadConfig, SaysWhatHasNoEffectBesideOtherSettings) {
  EXPECT_THAT(ConfigText(commented_config()).load().warnings, testing::IsEmpty());
  EXPECT_EQ(ConfigText("[adapters]\nselect = \"all\"\ncount = 7\n").load().warnings.size(), 1u);
  EXPECT_EQ(ConfigText("[slurm]\narray_at_once = 2\nmail_user = \"a@b\"\n").load().warnings.size(), 2u);
  EXPECT_THAT(ConfigText("[slurm]\narray = 9\narray_at_once = 2\n").load().warnings, testing::IsEmpty());
}

TEST(LoadConfig, FlagsMayBeWrittenAsInTheFile) {
  const RunConfig config =
      ConfigText("").load({"search.seeds=[7, 8]", R"(tasks.prompt="{input}\n")", R"(tasks.names=["x"])"}).config;
  EXPECT_EQ(config.search.seeds, (std::vector<std::uint32_t>{7, 8}));
  EXPECT_EQ(config.tasks.prompt, "{input}\n");
  EXPECT_EQ(config.tasks.names, std::vector<std::string>{"x"});
}

TEST(LoadConfig, OtherVariablesOfTheEnvironmentAreNoConcern) {
  EXPECT_NO_THROW(ConfigText("").load({}, {"LORASWEEP_BBH_DIR=/x", "LORASWEEP_DEMO=1", "SEARCH_BUDGET=0", "NOTHING"}));
}

TEST(LoadConfig, ARepositoryNameStaysUnlessThereIsSuchADirectory) {
  const ConfigText text("[model]\npath = \"google/flan-t5-large@main\"\n");
  EXPECT_EQ(text.load().config.model.path, "google/flan-t5-large@main");

  const ConfigText beside("[model]\npath = \"google/flan-t5-large\"\n");
  std::filesystem::create_directories(beside.directory() / "google" / "flan-t5-large");
  EXPECT_EQ(beside.load().config.model.path, (beside.directory() / "google" / "flan-t5-large").string());
}

TEST(LoadConfig, WhatHasNotTheFormOfARepositoryIsAPath) {
  for (const std::string path : {"./a/b", "a/b/c", "../a", "a"}) {
    const ConfigText text("[model]\npath = \"" + path + "\"\n");
    EXPECT_TRUE(std::filesystem::path(text.load().config.model.path).is_absolute()) << path;
  }
}

TEST(RecordedConfig, GivesBackWhatWasResolved) {
  const RunConfig started = ConfigText("[tasks]\npool = 10\n[search]\nbudget = 12\nseeds = [4]\n").load().config;
  const LoadedConfig again = recorded_config(resolved(started), "runs/a/journal", {});
  EXPECT_EQ(again.config, started);
  EXPECT_EQ(again.origins.at("search.budget"), "runs/a/journal");
}

TEST(RecordedConfig, OnlyFlagsWinOverIt) {
  const RunConfig started = ConfigText("").load().config;
  const std::vector<std::string> flags = {"run.workers=3"};
  EXPECT_EQ(recorded_config(resolved(started), "journal", flags).config.run.workers, 3);
}

TEST(RecordedConfig, RefusesWhatIsNoConfiguration) {
  EXPECT_THROW(recorded_config(nlohmann::ordered_json(3), "journal", {}), InvalidConfig);
  EXPECT_THROW(recorded_config({{"search", {{"budget", "many"}}}}, "journal", {}), InvalidConfig);
  EXPECT_THROW(recorded_config({{"search", "all"}}, "journal", {}), InvalidConfig);
}

TEST(LoadConfig, RefusesAVariableThatIsNearlyASettings) {
  const ConfigText text("");
  const auto refusal = [&](const std::string& variable) {
    try {
      text.load({}, {variable});
    } catch (const InvalidConfig& error) {
      return error.problems().size() == 1 ? std::string(error.what()) : "several problems";
    }
    return std::string("accepted");
  };
  for (const auto& [written, meant] :
       std::vector<std::pair<std::string, std::string>>{{"LORASWEEP_SERACH_BUDGET", "LORASWEEP_SEARCH_BUDGET"},
                                                        {"LORASWEEP_SEARH_BUDGET", "LORASWEEP_SEARCH_BUDGET"},
                                                        {"LORASWEEP_SEARCHBUDGET", "LORASWEEP_SEARCH_BUDGET"},
                                                        {"LORASWEEP_search_budget", "LORASWEEP_SEARCH_BUDGET"},
                                                        {"LORASWEEP_TASK_LIMIT", "LORASWEEP_TASKS_LIMIT"},
                                                        {"LORASWEEP_ADAPTER_COUNT", "LORASWEEP_ADAPTERS_COUNT"},
                                                        {"LORASWEEP_MODLE_DTYPE", "LORASWEEP_MODEL_DTYPE"},
                                                        {"LORASWEEP_MAX_IAS", "LORASWEEP_MAX_ISA"},
                                                        {"LORASWEEP_MAXISA", "LORASWEEP_MAX_ISA"}}) {
    const std::string said = refusal(written + "=5");
    EXPECT_THAT(said, testing::HasSubstr(written + ":")) << said;
    EXPECT_THAT(said, testing::HasSubstr(meant + "?")) << said;
  }
  EXPECT_THAT(refusal("LORASWEEP_SEARCH_BUGDET=5"), testing::HasSubstr("budget")) << "as it always was";
}

TEST(LoadConfig, WarnsOfAVariableThatIsNoSettingAndOfNoneThatOthersRead) {
  const ConfigText text("");
  const LoadedConfig loaded =
      text.load({}, {"LORASWEEP_ROOT=/opt/lorasweep", "LORASWEEP_DIR=/opt/lorasweep", "LORASWEEP_MAX_ISA=avx2",
                     "LORASWEEP_EARLIER_RESTARTS=2", "LORASWEEP_BBH_DIR=/bbh", "LORASWEEP_KILL_SEED=1", "LORASWEEP=x",
                     "OTHER_SEARCH_BUDGET=1", "LORASWEEP_SEARCH_BUDGET=7", "no variable"});
  EXPECT_THAT(loaded.warnings,
              testing::ElementsAre(testing::HasSubstr("LORASWEEP_ROOT"), testing::HasSubstr("LORASWEEP_DIR")));
  EXPECT_EQ(loaded.config.search.budget, 7);
}

}  // namespace
}  // namespace lorasweep
