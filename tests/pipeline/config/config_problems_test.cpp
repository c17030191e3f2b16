// SPDX-License-Identifier: Apache-2.0
// Every way a configuration can be wrong, and what is said about it.
#include "pipeline/config/load_config.h"
#include "tests/pipeline/config/config_text.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace lorasweep {
namespace {

std::vector<std::string> problems_of(const ConfigText& text, const std::vector<std::string>& flags = {},
                                     const std::vector<std::string>& environment = {}) {
  std::vector<std::string> found;
  try {
    text.load(flags, environment);
  } catch (const InvalidConfig& invalid) {
    EXPECT_EQ(invalid.code(), ExitCode::usage);
    for (const ConfigError& problem : invalid.problems()) {
      EXPECT_THAT(invalid.what(), testing::HasSubstr(problem.what()));
      found.emplace_back(problem.what());
    }
  }
  return found;
}

struct WrongText {
  std::string name, text;
  std::vector<std::string> facts;
  friend void PrintTo(const WrongText& wrong, std::ostream* out) { *out << wrong.text; }
};

class RefusedConfig : public testing::TestWithParam<WrongText> {};

TEST_P(RefusedConfig, IsSaidWithItsLine) {
  const ConfigText text(GetParam().text);
  const std::vector<std::string> problems = problems_of(text);
  ASSERT_EQ(problems.size(), 1u) << testing::PrintToString(problems);
  EXPECT_THAT(problems[0], Tells(GetParam().facts));
  EXPECT_THAT(problems[0], Tells({text.file().string() + ":2"}));
}

// The second line is the wrong one.
INSTANTIATE_TEST_SUITE_P(
    Each, RefusedConfig,
    testing::Values(
        WrongText{"UnknownKey", "[search]\nbugdet = 40", {"bugdet", "[search]", "budget?"}},
        WrongText{
            "UnknownKeyLikeNothing", "[predict]\nzebra = 1", {"zebra", "[predict]", "max_new_tokens", "baselines"}},
        WrongText{"KeyOfAnotherSection", "[model]\nseeds = [1]", {"seeds", "[search]?"}},
        WrongText{"UnknownSection", "\n[serach]\nbudget = 1", {"[serach]", "[search]?"}},
        WrongText{
            "EmptyUnknownSection", "\n[zebra]", {"[zebra]", "model", "adapters", "tasks", "search", "predict", "run"}},
        WrongText{"KeyOutsideOfSections", "\nbudget = 1", {"budget", "outside", "[search]?"}},
        WrongText{"MisspeltSchema", "\nshcema = 1", {"shcema", "schema?"}},
        WrongText{"NewerSchema", "\nschema = 2", {"schema", "2", "1"}},
        WrongText{
            "TextForAnInteger", "[search]\nbudget = \"40\"", {"search.budget", "integer", "1", "1000000", "\"40\""}},
        WrongText{"FractionForAnInteger", "[search]\nbudget = 40.0", {"search.budget", "40.0"}},
        WrongText{"BooleanForAnInteger", "[search]\nbudget = true", {"search.budget", "true"}},
        WrongText{"DateForAnInteger", "[search]\nbudget = 1979-05-27", {"search.budget", "1979-05-27"}},
        WrongText{"BelowTheRange", "[search]\nbudget = 0", {"search.budget", "1", "1000000", "0"}},
        WrongText{"AboveTheRange",
                  "[search]\nbudget = 9223372036854775807",
                  {"search.budget", "1000000", "9223372036854775807"}},
        WrongText{"NegativeSeed", "[search]\nseeds = [1, -1]", {"search.seeds", "integer", "0", "4294967295", "-1"}},
        WrongText{"SeedTwice", "[search]\nseeds = [1, 2, 1]", {"search.seeds", "1", "twice"}},
        WrongText{"NoSeeds", "[search]\nseeds = []", {"search.seeds", "empty"}},
        WrongText{"OneSeedWithoutList", "[search]\nseeds = 1", {"search.seeds", "list", "integers", "1"}},
        WrongText{"ShotSeedTwice", "[tasks]\nshot_seed = [1, 1]", {"tasks.shot_seed", "1", "twice"}},
        WrongText{"NoShotSeeds", "[tasks]\nshot_seed = []", {"tasks.shot_seed", "empty"}},
        WrongText{"OtherNumbersOfSeeds",
                  "[tasks]\nshot_seed = [1, 2]\n[search]\nseeds = [1, 2, 3]",
                  {"tasks.shot_seed", "2", "search.seeds", "3"}},
        WrongText{"RandomAdaptersOfNoSearch",
                  "[predict]\nbaselines = [\"random-adapters\"]\n[search]\nmethod = \"none\"",
                  {"predict.baselines", "random-adapters", "search.method"}},
        WrongText{"AblationOfNoSearch",
                  "[predict]\nablate = true\n[search]\nmethod = \"none\"",
                  {"predict.ablate", "search.method"}},
        WrongText{"WeightsOfNoSearch", "[search]\nweights = \"w.csv\"\nmethod = \"none\"", {"search.weights", "given"}},
        WrongText{"GivenWithoutWeights", "[search]\nmethod = \"given\"", {"search.method", "search.weights"}},
        WrongText{"WeightsWithoutGiven", "[search]\nweights = \"w.csv\"", {"search.weights", "search.method"}},
        WrongText{"NegativeL1", "[search]\nl1 = -0.1", {"search.l1", "finite", "0", "-0.1"}},
        WrongText{"UnknownScope", "[search]\nscope = \"layers\"", {"search.scope", "groups:N", "maps", "layers"}},
        WrongText{"NoRunsOfLayers", "[search]\nscope = \"groups:0\"", {"search.scope", "groups:0"}},
        WrongText{"NotANumber", "[search]\nl1 = nan", {"search.l1", "finite", "nan"}},
        WrongText{"Infinite", "[search]\nl1 = inf", {"search.l1", "finite", "inf"}},
        WrongText{"BoundsReversed", "[search]\nbounds = [1.5, -1.5]", {"search.bounds", "low < high"}},
        WrongText{"BoundsWithoutZero", "[search]\nbounds = [0.5, 1.5]", {"search.bounds", "0 between"}},
        WrongText{"ThreeBounds", "[search]\nbounds = [-1, 0, 1]", {"search.bounds", "two", "[low, high]"}},
        WrongText{"InfiniteBound", "[search]\nbounds = [-inf, 1]", {"search.bounds", "finite", "[low, high]"}},
        WrongText{"UnknownMethod",
                  "[search]\nmethod = \"cobila\"",
                  {"search.method", "cobyla", "cma", "one-plus-one", "random", "\"cobila\"", "cobyla?"}},
        WrongText{
            "UnknownWord", "[search]\ncomposition = \"sum\"", {"search.composition", "lorahub", "exact", "\"sum\""}},
        WrongText{"UnderscoreForDash",
                  "[predict]\nbaselines = [\"zero_shot\"]",
                  {"predict.baselines", "\"zero_shot\"", "zero-shot?"}},
        WrongText{"PopulationForOneAtATime", "[search]\npopulation = 8", {"search.population", "8", "cobyla"}},
        WrongText{"EmptyText", "[model]\npath = \"\"", {"model.path", "empty"}},
        WrongText{"NulInAPath", "[adapters]\ndir = \"a\\u0000b\"", {"adapters.dir", "NUL"}},
        WrongText{"NumberForAPath", "[adapters]\ndir = 3", {"adapters.dir", "text", "3"}},
        WrongText{"PromptWithoutInput", "[tasks]\nprompt = \"Q:\"", {"tasks.prompt", "{input}"}},
        WrongText{"PromptWithUnknownPlace",
                  "[tasks]\nprompt = \"{input} {context}\"",
                  {"tasks.prompt", "{context}", "{input}", "{instruction}"}},
        WrongText{"CompletionWithoutTarget", "[tasks]\ncompletion = \"A:\"", {"tasks.completion", "{target}"}},
        WrongText{"UnknownTemplate", "[tasks]\ntemplate = \"llama\"", {"tasks.template", "chatml", "llama"}},
        WrongText{"EmptyStopText", "[predict]\nstop = [\"\"]", {"predict.stop", "empty"}},
        WrongText{"StopTextWithoutList", "[predict]\nstop = \"Q:\"", {"predict.stop", "list"}},
        WrongText{"NoTasks", "[tasks]\nnames = []", {"tasks.names", "empty"}},
        WrongText{"NoShots", "[tasks]\nshots = 0", {"tasks.shots", "1", "0"}},
        WrongText{"UnknownGuard", "[search]\nguard = \"leave-two-out\"", {"search.guard", "leave-one-out"}},
        WrongText{"NegativeGuardRatio", "[search]\nguard_ratio = -1", {"search.guard_ratio", "-1"}},
        WrongText{"GuardOfOneShot",
                  "[search]\nguard = \"leave-one-out\"\n[tasks]\nshots = 1",
                  {"search.guard", "tasks.shots"}},
        WrongText{"AblateThatIsNoAnswer", "[predict]\nablate = \"yes\"", {"predict.ablate", "true or false"}},
        WrongText{"BaselineThatIsASearch", "[predict]\nbaselines = [\"search\"]", {"predict.baselines", "uniform"}},
        WrongText{"PoolBelowShots", "[tasks]\npool = 3", {"tasks.pool", "3", "5 shots"}},
        WrongText{"NegativeLimit", "[tasks]\nlimit = -1", {"tasks.limit", "0", "-1"}},
        WrongText{"NamedWithoutNames", "[adapters]\nselect = \"named\"", {"adapters.names", "none"}},
        WrongText{
            "NamesWithoutNamed", "[adapters]\nnames = [\"a\"]", {"adapters.names", "adapters.select", "\"named\""}},
        WrongText{"NoAdapters", "[adapters]\ncount = 0", {"adapters.count", "1", "0"}},
        WrongText{"NoNewTokens", "[predict]\nmax_new_tokens = 0", {"predict.max_new_tokens", "1", "0"}},
        WrongText{"NegativeWorkers", "[run]\nworkers = -1", {"run.workers", "0", "-1"}},
        WrongText{"TableForAValue", "[run]\nout = {dir = \"x\"}", {"run.out", "text"}},
        WrongText{"NoToml", "[search]\nbudget 40", {"TOML"}},
        WrongText{"KeyTwice", "schema = 1\nschema = 1", {"TOML"}}),
    [](const auto& each) { return each.param.name; });

TEST(ConfigProblems, AreAllSaidAtOnceFromAllSources) {
  const ConfigText text("[search]\nbudget = 0\nl1 = -1\n[zebra]\n");
  const auto problems = problems_of(text, {"search.seeds=x", "tasks.shot=1", "nonsense"}, {"LORASWEEP_TASKS_LIMIT=-3"});
  ASSERT_EQ(problems.size(), 7u) << testing::PrintToString(problems);
  EXPECT_THAT(problems[0], Tells({"sweep.toml:2"}));
  EXPECT_THAT(problems[1], Tells({"sweep.toml:3"}));
  EXPECT_THAT(problems[2], Tells({"sweep.toml:4"}));
  EXPECT_THAT(problems[3], Tells({"LORASWEEP_TASKS_LIMIT", "tasks.limit", "-3"}));
  EXPECT_THAT(problems[4], Tells({"--set search.seeds", "'x'"}));
  EXPECT_THAT(problems[5], Tells({"--set tasks.shot", "shots?"}));
  EXPECT_THAT(problems[6], Tells({"nonsense", "section.key=value"}));
}

TEST(ConfigProblems, AMisspeltVariableIsNoSilence) {
  EXPECT_THAT(problems_of(ConfigText(""), {}, {"LORASWEEP_SEARCH_BUGDET=3"}),
              testing::ElementsAre(Tells({"LORASWEEP_SEARCH_BUGDET", "budget?"})));
}

TEST(ConfigProblems, AFlagsSectionIsCheckedToo) {
  EXPECT_THAT(problems_of(ConfigText(""), {"serach.budget=3"}), testing::ElementsAre(Tells({"[serach]", "[search]?"})));
}

TEST(ConfigProblems, AFlagCannotSmuggleInAnotherKey) {
  EXPECT_THAT(problems_of(ConfigText(""), {"search.budget=3\nl1 = 4"}),
              testing::ElementsAre(Tells({"--set search.budget"})));
}

TEST(ConfigProblems, AWrongFlagIsNotBlamedOnTheFile) {
  EXPECT_THAT(problems_of(ConfigText("[search]\npopulation = 0\n"), {"search.population=8"}),
              testing::ElementsAre(Tells({"--set search.population", "8", "0"})));
}

TEST(ConfigProblems, DeepNestingIsRefusedAndNotFollowed) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(problems_of(ConfigText("[search]\nseeds = " + deep)).size(), 1u);
}

std::string dotted(int dots, const std::string& part = "a") {
  std::string key = part;
  for (int i = 0; i < dots; ++i) key += "." + part;
  return key;
}

TEST(ConfigProblems, KeysOfManyDotsAreRefusedWithTheirLine) {
  for (const int dots : {9, 64, 300'000}) {
    const std::string key = dotted(dots);
    for (const std::string& text :
         {key + " = 1", "[" + key + "]", "[[" + key + "]]", "x = {" + key + " = 1}", "x = [{y = {" + key + " = 1}}]",
          "x = 1 # it's\n" + key + " = 1", "x = \"\"\"a\"\"\"\"\n" + key + " = 1", "x = '''\n\"'''\n" + key + " = 1",
          "x = {y = \"\"\"a\"\"\"\", " + key + " = 1}"}) {
      const auto problems = problems_of(ConfigText(text));
      const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
      ASSERT_EQ(problems.size(), 1u);
      EXPECT_THAT(problems[0], Tells({"sweep.toml:" + std::to_string(lines), "dots"}));
    }
  }
  EXPECT_THAT(problems_of(ConfigText(dotted(20'000, "\"a\"") + " = 1")), testing::ElementsAre(Tells({"dots"})));
  EXPECT_THAT(problems_of(ConfigText(dotted(20'000, " a ") + " = 1")), testing::ElementsAre(Tells({"dots"})));
  EXPECT_THAT(problems_of(ConfigText(""), {"search.seeds={" + dotted(20'000) + "=1}"}),
              testing::ElementsAre(Tells({"--set search.seeds"})));
}

TEST(ConfigProblems, ManyDotsThatAreNoKeysAreNoProblem) {
  const std::string dots = dotted(100);
  EXPECT_TRUE(problems_of(ConfigText("[search] # " + dots + "\nl1 = 0.5\nbounds = [-1.5, 1.5]\n[run]\nout = \"" + dots +
                                     "\"\n[adapters]\ndir = '" + dots + "'\n"))
                  .empty());
}

// Values within values are bounded by the library (256), keys by us: together this is the deepest that is built.
TEST(ConfigProblems, TheDeepestThatIsBuiltDoesNotOverflowTheStack) {
  for (const int levels : {200, 255, 300}) {
    std::string text = "[" + dotted(8) + "]\n" + dotted(8) + " = ";
    for (int i = 0; i < levels; ++i) text += "{" + dotted(8) + " = ";
    EXPECT_FALSE(problems_of(ConfigText(text + "1" + std::string(static_cast<std::size_t>(levels), '}'))).empty());
  }
}

TEST(ConfigProblems, AMissingFileIsAnInputError) {
  EXPECT_THROW(load_config({.file = "/nowhere/sweep.toml", .environment = {}, .flags = {}}), InputError);
}

}  // namespace
}  // namespace lorasweep
