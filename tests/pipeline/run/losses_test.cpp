// SPDX-License-Identifier: Apache-2.0
// What is lost is said by name, and nothing else.
#include "pipeline/run/losses.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// One task of two shots and three test examples, all of four ids.
Plan sample_plan() {
  Plan plan;
  for (int i = 0; i < 8; ++i) plan.catalogue.examples.push_back({.source = {5, 6, 7, 1}, .target = {8, 1}});
  plan.catalogue.example_sets = {{0, 1}};
  plan.tasks.push_back({.name = "counting", .example_set = 0, .test = {2, 3, 4}, .few_shot = {5, 6, 7}, .longest = 4});
  return plan;
}

Manifest::Adapter adapter(const std::string& name, const std::string& sha256, int idle) {
  return {.name = name, .sha256 = sha256, .sites = 14, .idle_sites = idle};
}

std::vector<std::string> said(const Plan& plan, const std::vector<Manifest::Adapter>& library,
                              Composition composition = Composition::lorahub) {
  RunConfig config;
  config.search.composition = composition;
  config.predict.max_new_tokens = 3;
  return losses(plan, library, config);
}

TEST(Losses, AreNoneWhereNothingIsLost) {
  EXPECT_THAT(said(sample_plan(), {adapter("a", "1", 0), adapter("b", "2", 0)}), IsEmpty());
}

TEST(Losses, NameTheTaskAndWhichOfItsInputsAreCut) {
  Plan plan = sample_plan();
  plan.tasks[0].cut = {.shots = {1}, .shot_targets = {}, .test = {0, 2}, .few_shot = {{0, 1, 2}}};
  plan.tasks[0].longest = 9000;
  EXPECT_THAT(said(plan, {}), ElementsAre(AllOf(HasSubstr("counting"), HasSubstr("4 tokens"),
                                                HasSubstr("1 of the shots"), HasSubstr("2 of the test set"),
                                                HasSubstr("3 of the few-shot prompts"), HasSubstr("9000"))));
  plan.tasks[0].cut = {.shots = {}, .shot_targets = {}, .test = {1}, .few_shot = {}};
  EXPECT_THAT(said(plan, {}), ElementsAre(AllOf(HasSubstr("1 of the test set"), Not(HasSubstr("shots")))));
  plan.tasks[0].cut = {.shots = {}, .shot_targets = {0, 1}, .test = {}, .few_shot = {{}}};
  EXPECT_THAT(said(plan, {}), ElementsAre(AllOf(HasSubstr("counting"), HasSubstr("answers of 2 shots"))));
}

TEST(Losses, NameTheTaskWhoseTokensReachOverTheBorder) {
  Plan plan = sample_plan();
  plan.tasks[0].over_border = 4;
  EXPECT_THAT(said(plan, {}),
              ElementsAre(AllOf(HasSubstr("counting"), HasSubstr("4 of 5"), HasSubstr("tasks.prompt"))));
}

TEST(Losses, NameTheTokensOfATemplateThatAreNone) {
  Plan plan = sample_plan();
  plan.plain_markers = {"<|im_start|>"};
  EXPECT_THAT(said(plan, {}), ElementsAre(AllOf(HasSubstr("tasks.template"), HasSubstr("<|im_start|>"))));
}

TEST(Losses, NameTheTaskWhoseAnswersAreTooLong) {
  Plan plan = sample_plan();
  plan.tasks[0].out_of_reach = {1};
  EXPECT_THAT(said(plan, {}),
              ElementsAre(AllOf(HasSubstr("counting"), HasSubstr("1 of 3"), HasSubstr("max_new_tokens = 3"))));
}

TEST(Losses, NameAdaptersThatDoNothing) {
  const std::vector<Manifest::Adapter> library = {adapter("a", "1", 0), adapter("b", "2", 14), adapter("c", "3", 2)};
  for (const Composition composition : {Composition::lorahub, Composition::exact})
    EXPECT_THAT(said(sample_plan(), library, composition),
                ElementsAre(AllOf(HasSubstr("adapter b does nothing"), HasSubstr("14")),
                            AllOf(HasSubstr("adapter c"), HasSubstr("2 of its 14"))));
  EXPECT_THAT(said(sample_plan(), {{.name = "of before", .sha256 = "1"}}), IsEmpty());
}

TEST(Losses, NameAdaptersThatAreTheSame) {
  EXPECT_THAT(
      said(sample_plan(), {adapter("a", "1", 0), adapter("b", "2", 0), adapter("c", "1", 0), adapter("d", "1", 0)}),
      ElementsAre(AllOf(HasSubstr("adapter c"), HasSubstr("same as a")),
                  AllOf(HasSubstr("adapter d"), HasSubstr("same as a"))));
}

}  // namespace
}  // namespace lorasweep
