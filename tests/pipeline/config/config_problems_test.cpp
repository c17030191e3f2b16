// SPDX-License-Identifier: Apache-2.0
// Every way a configuration can be wrong, and what is said about it.
#include "pipeline/config/load_config.h"
#include "tests/pipeline/config/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<std::string> problems_of(const ConfigText& text, const std::vector<std::string>& flags = {},
                                     const std::vector<std::string>& environment = {}) {
  std::vector<std::string> found;
  try {
    text.load(flags, environment);
  } catch (const InvalidConfig& invalid) {
    EXPECT_EQ(invalid.code(), ExitCode::usage);
    for (const ConfigError& problem : invalid.problems()) {
      EXPECT_THAT(invalid.what(), HasSubstr(problem.what()));
      found.emplace_back(problem.what());
    }
  }
  return found;
}

struct Refusal {
  std::string name, text, said;
  friend void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.text; }
};

class RefusedConfig : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedConfig, IsSaidWithItsLine) {
  const ConfigText text(GetParam().text);
  const std::vector<std::string> problems = problems_of(text);
  ASSERT_EQ(problems.size(), 1u) << testing::PrintToString(problems);
  EXPECT_THAT(problems[0], HasSubstr(GetParam().said));
  EXPECT_THAT(problems[0], HasSubstr(text.file().string() + ":2"));
}

// The second line is the wrong one.
INSTANTIATE_TEST_SUITE_P(
    Each, RefusedConfig,
    testing::Values(
        Refusal{"UnknownKey", "[search]\nbugdet = 40", "unknown key bugdet in [search]; did you mean budget?"},
        Refusal{"UnknownKeyLikeNothing", "[predict]\nzebra = 1", "the keys of [predict] are max_new_tokens, baselines"},
        Refusal{"KeyOfAnotherSection", "[model]\nseeds = [1]", "did you mean seeds of [search]?"},
        Refusal{"UnknownSection", "\n[serach]\nbudget = 1", "unknown section [serach]; did you mean [search]?"},
        Refusal{"EmptyUnknownSection", "\n[zebra]", "the sections are model, adapters, tasks, search, predict, run"},
        Refusal{"KeyOutsideOfSections", "\nbudget = 1",
                "unknown key budget outside of any section; did you mean budget of [search]?"},
        Refusal{"MisspeltSchema", "\nshcema = 1", "did you mean schema?"},
        Refusal{"NewerSchema", "\nschema = 2", "schema is 2, this program reads schema 1"},
        Refusal{"TextForAnInteger", "[search]\nbudget = \"40\"",
                "search.budget must be an integer from 1 to 1000000, not \"40\""},
        Refusal{"FractionForAnInteger", "[search]\nbudget = 40.0", "not 40.0"},
        Refusal{"BooleanForAnInteger", "[search]\nbudget = true", "not true"},
        Refusal{"DateForAnInteger", "[search]\nbudget = 1979-05-27", "1979-05-27"},
        Refusal{"BelowTheRange", "[search]\nbudget = 0", "not 0"},
        Refusal{"AboveTheRange", "[search]\nbudget = 9223372036854775807", "not 9223372036854775807"},
        Refusal{"NegativeSeed", "[search]\nseeds = [1, -1]",
                "search.seeds holds a value that must be an integer from 0 to 4294967295, not -1"},
        Refusal{"SeedTwice", "[search]\nseeds = [1, 2, 1]", "search.seeds holds 1 twice"},
        Refusal{"NoSeeds", "[search]\nseeds = []", "search.seeds must not be empty"},
        Refusal{"OneSeedWithoutList", "[search]\nseeds = 1", "search.seeds must be a list of integers, not 1"},
        Refusal{"NegativeL1", "[search]\nl1 = -0.1", "search.l1 must be a finite number, 0 or more, not -0.1"},
        Refusal{"NotANumber", "[search]\nl1 = nan", "not nan"}, Refusal{"Infinite", "[search]\nl1 = inf", "not inf"},
        Refusal{"BoundsReversed", "[search]\nbounds = [1.5, -1.5]", "low < high"},
        Refusal{"BoundsWithoutZero", "[search]\nbounds = [0.5, 1.5]", "0 between them"},
        Refusal{"ThreeBounds", "[search]\nbounds = [-1, 0, 1]", "two finite numbers [low, high]"},
        Refusal{"InfiniteBound", "[search]\nbounds = [-inf, 1]", "two finite numbers [low, high]"},
        Refusal{"UnknownMethod", "[search]\nmethod = \"cobila\"",
                "cobyla, cma, one-plus-one, random, not \"cobila\" (did you mean cobyla?)"},
        Refusal{"UnknownWord", "[search]\ncomposition = \"sum\"", "must be one of lorahub, exact, not \"sum\""},
        Refusal{"UnderscoreForDash", "[predict]\nbaselines = [\"zero_shot\"]", "did you mean zero-shot?"},
        Refusal{"PopulationForOneAtATime", "[search]\npopulation = 8",
                "search.population: 8 is not a population for cobyla"},
        Refusal{"EmptyText", "[model]\npath = \"\"", "model.path must not be empty"},
        Refusal{"NulInAPath", "[adapters]\ndir = \"a\\u0000b\"", "text without NUL"},
        Refusal{"NumberForAPath", "[adapters]\ndir = 3", "adapters.dir must be text, not 3"},
        Refusal{"PromptWithoutInput", "[tasks]\nprompt = \"Q:\"", "tasks.prompt does not work"},
        Refusal{"PromptWithUnknownPlace", "[tasks]\nprompt = \"{input} {context}\"",
                "the placeholders are {input} and {instruction}"},
        Refusal{"NoTasks", "[tasks]\nnames = []", "tasks.names must not be empty"},
        Refusal{"NoShots", "[tasks]\nshots = 0", "tasks.shots must be"},
        Refusal{"PoolBelowShots", "[tasks]\npool = 3", "tasks.pool is 3 and cannot give 5 shots"},
        Refusal{"NegativeLimit", "[tasks]\nlimit = -1", "tasks.limit must be"},
        Refusal{"NamedWithoutNames", "[adapters]\nselect = \"named\"", "adapters.names names none"},
        Refusal{"NamesWithoutNamed", "[adapters]\nnames = [\"a\"]", "is used with adapters.select = \"named\" only"},
        Refusal{"NoAdapters", "[adapters]\ncount = 0", "adapters.count must be"},
        Refusal{"NoNewTokens", "[predict]\nmax_new_tokens = 0", "predict.max_new_tokens must be"},
        Refusal{"NegativeWorkers", "[run]\nworkers = -1", "run.workers must be"},
        Refusal{"TableForAValue", "[run]\nout = {dir = \"x\"}", "run.out must be text"},
        Refusal{"NoToml", "[search]\nbudget 40", "this is not TOML"},
        Refusal{"KeyTwice", "schema = 1\nschema = 1", "this is not TOML"}),
    [](const auto& each) { return each.param.name; });

TEST(ConfigProblems, AreAllSaidAtOnceFromAllSources) {
  const ConfigText text("[search]\nbudget = 0\nl1 = -1\n[zebra]\n");
  const auto problems = problems_of(text, {"search.seeds=x", "tasks.shot=1", "nonsense"}, {"LORASWEEP_TASKS_LIMIT=-3"});
  ASSERT_EQ(problems.size(), 7u) << testing::PrintToString(problems);
  EXPECT_THAT(problems[0], HasSubstr("sweep.toml:2"));
  EXPECT_THAT(problems[1], HasSubstr("sweep.toml:3"));
  EXPECT_THAT(problems[2], HasSubstr("sweep.toml:4"));
  EXPECT_THAT(problems[3], HasSubstr("LORASWEEP_TASKS_LIMIT: tasks.limit must be"));
  EXPECT_THAT(problems[4], HasSubstr("--set search.seeds: 'x' is not a value"));
  EXPECT_THAT(problems[5], HasSubstr("did you mean shots?"));
  EXPECT_THAT(problems[6], HasSubstr("is not section.key=value"));
}

TEST(ConfigProblems, AMisspeltVariableIsNoSilence) {
  EXPECT_THAT(problems_of(ConfigText(""), {}, {"LORASWEEP_SEARCH_BUGDET=3"}),
              testing::ElementsAre(AllOf(HasSubstr("LORASWEEP_SEARCH_BUGDET"), HasSubstr("did you mean budget?"))));
}

TEST(ConfigProblems, AFlagsSectionIsCheckedToo) {
  EXPECT_THAT(problems_of(ConfigText(""), {"serach.budget=3"}),
              testing::ElementsAre(HasSubstr("did you mean [search]?")));
}

TEST(ConfigProblems, AFlagCannotSmuggleInAnotherKey) {
  EXPECT_THAT(problems_of(ConfigText(""), {"search.budget=3\nl1 = 4"}),
              testing::ElementsAre(HasSubstr("is not a value")));
}

TEST(ConfigProblems, AWrongFlagIsNotBlamedOnTheFile) {
  EXPECT_THAT(problems_of(ConfigText("[search]\npopulation = 0\n"), {"search.population=8"}),
              testing::ElementsAre(AllOf(HasSubstr("--set search.population"), HasSubstr("leave it 0"))));
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
      EXPECT_THAT(problems[0], AllOf(HasSubstr("sweep.toml:" + std::to_string(lines)), HasSubstr("dots")));
    }
  }
  EXPECT_THAT(problems_of(ConfigText(dotted(20'000, "\"a\"") + " = 1")), testing::ElementsAre(HasSubstr("dots")));
  EXPECT_THAT(problems_of(ConfigText(dotted(20'000, " a ") + " = 1")), testing::ElementsAre(HasSubstr("dots")));
  EXPECT_THAT(problems_of(ConfigText(""), {"search.seeds={" + dotted(20'000) + "=1}"}),
              testing::ElementsAre(HasSubstr("is not a value")));
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
