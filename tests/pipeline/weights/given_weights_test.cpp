// SPDX-License-Identifier: Apache-2.0
// Rows to the vectors of searches: order, what an empty cell stands for, and everything that does not fit the sweep.
#include "pipeline/weights/given_weights.h"

#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const WeightedSweep sweep{.tasks = {"one", "two"}, .seeds = {5, 3}, .adapters = {"a", "b", "c"}};

struct Made {
  GivenWeights given;
  std::vector<std::string> problems;
};
Made made(std::vector<WeightRow> rows, WeightSource source = WeightSource::table, const WeightedSweep& of = sweep) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].where = "w.csv:" + std::to_string(i + 2);
  Made result;
  result.given = given_weights({std::move(rows), source}, of, "w.csv", result.problems);
  return result;
}

// The same sweep with a number for each of two maps.
Made by_map(std::vector<WeightRow> rows, WeightSource source = WeightSource::table) {
  WeightedSweep scoped = sweep;
  scoped.places = {"q", "v"};
  return made(std::move(rows), source, scoped);
}

TEST(GivenWeights, KeepTheOrderOfTheRows) {
  const Made all = made({{.adapter = "c", .weight = 1}, {.adapter = "a", .weight = 0}, {.adapter = "b", .weight = -2}});
  EXPECT_THAT(all.problems, IsEmpty());
  EXPECT_FALSE(all.given.seed_decides);
  ASSERT_EQ(all.given.vectors.size(), 2u);
  for (const auto& of_task : all.given.vectors) {
    ASSERT_EQ(of_task.size(), 2u);
    for (const GivenVector& vector : of_task) {
      EXPECT_THAT(vector.adapters, ElementsAre(2, 0, 1));
      EXPECT_THAT(vector.weights, ElementsAre(1, 0, -2));
    }
  }
}

TEST(GivenWeights, AreOfTheirTaskAndSeed) {
  const Made some = made({{.task = "two", .seed = 3, .adapter = "a", .weight = 1},
                          {.task = "one", .adapter = "b", .weight = 2},
                          {.seed = 5, .adapter = "c", .weight = 3}});
  EXPECT_THAT(some.problems, IsEmpty());
  EXPECT_TRUE(some.given.seed_decides);
  EXPECT_EQ(some.given.vectors[0][0], (GivenVector{{1, 2}, {2, 3}}));
  EXPECT_EQ(some.given.vectors[0][1], (GivenVector{{1}, {2}}));
  EXPECT_EQ(some.given.vectors[1][0], (GivenVector{{2}, {3}}));
  EXPECT_EQ(some.given.vectors[1][1], (GivenVector{{0}, {1}}));
}

TEST(GivenWeights, AnEmptyAdapterIsTheWholeLibrary) {
  const Made uniform = made({{.weight = 0.25}});
  EXPECT_THAT(uniform.problems, IsEmpty());
  EXPECT_EQ(uniform.given.vectors[1][1], (GivenVector{{0, 1, 2}, {0.25, 0.25, 0.25}}));
}

TEST(GivenWeights, OfAScopeStandPlaceByPlaceBehindTheirAdapter) {
  const Made some = by_map({{.adapter = "c", .place = "v", .weight = 1},
                            {.adapter = "a", .weight = 2},
                            {.adapter = "c", .place = "q", .weight = 3}});
  EXPECT_THAT(some.problems, IsEmpty());
  EXPECT_EQ(some.given.vectors[1][0], (GivenVector{{2, 0}, {3, 1, 2, 2}}));
}

TEST(GivenWeights, OfAScopeMustBeThereForEveryPlaceAndForNoOther) {
  EXPECT_THAT(by_map({{.task = "one", .seed = 5, .adapter = "c", .place = "v", .weight = 1}, {.weight = 1}}).problems,
              IsEmpty())
      << "the same weight twice";
  EXPECT_THAT(by_map({{.weight = 1}, {.task = "two", .seed = 3, .adapter = "c", .place = "v", .weight = 2}}).problems,
              ElementsAre(Tells({"w.csv:3", "c", "v", "two", "3"})));
  const Made half = by_map({{.adapter = "c", .place = "v", .weight = 1}});
  ASSERT_EQ(half.problems.size(), 4u) << "two tasks, two seeds";
  EXPECT_THAT(half.problems[0], Tells({"w.csv:2", "c", "q", "one", "5"}));
  EXPECT_THAT(by_map({{.weight = 1}, {.adapter = "c", .place = "k", .weight = 2}}).problems,
              ElementsAre(Tells({"w.csv:3", "k"})));
  for (const WeightSource source : {WeightSource::table, WeightSource::found})
    EXPECT_THAT(made({{.weight = 1}, {.adapter = "c", .place = "q", .weight = 1}}, source).problems,
                ElementsAre(Tells({"w.csv:3", "q", "search.scope"})));
}

TEST(GivenWeights, MustNotContradictEachOther) {
  EXPECT_THAT(made({{.adapter = "a", .weight = 1}, {.task = "two", .adapter = "a", .weight = 1}}).problems, IsEmpty())
      << "the same twice";
  EXPECT_THAT(made({{.adapter = "a", .weight = 1}, {.task = "two", .seed = 3, .adapter = "a", .weight = 2}}).problems,
              ElementsAre(Tells({"w.csv:3", "a", "2", "two", "3", "1", "w.csv:2"})));
}

TEST(GivenWeights, MustBeOfWhatTheSweepHas) {
  const WeightRow whole{.adapter = "a", .weight = 1};
  EXPECT_THAT(made({whole, {.task = "oen", .adapter = "a", .weight = 1}}).problems,
              ElementsAre(Tells({"w.csv:3", "oen", "one"})));
  EXPECT_THAT(made({whole, {.seed = 4, .adapter = "a", .weight = 1}}).problems, ElementsAre(Tells({"w.csv:3", "4"})));
  EXPECT_THAT(made({whole, {.adapter = "d", .weight = 1}}).problems, ElementsAre(Tells({"w.csv:3", "d"})));
}

TEST(GivenWeights, MustBeThereForEveryTaskAndSeed) {
  EXPECT_THAT(made({{.task = "one", .adapter = "a", .weight = 1}, {.seed = 3, .adapter = "b", .weight = 1}}).problems,
              ElementsAre(Tells({"w.csv", "two", "5"})));
  EXPECT_EQ(made({}).problems.size(), 4u);
}

TEST(GivenWeights, OfASweepMayBeOfMoreTasksAndSeeds) {
  const Made found = made({{.task = "one", .seed = 5, .adapter = "a", .weight = 1},
                           {.task = "one", .seed = 3, .adapter = "b", .weight = 2},
                           {.task = "other", .seed = 3, .adapter = "gone", .weight = 2},
                           {.task = "one", .seed = 9, .adapter = "a", .weight = 2},
                           {.task = "two", .seed = 5, .adapter = "a", .weight = 3},
                           {.task = "two", .seed = 3, .adapter = "a", .weight = 4}},
                          WeightSource::found);
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_TRUE(found.given.seed_decides);
  EXPECT_EQ(found.given.vectors[0][1], (GivenVector{{1}, {2}}));
  EXPECT_THAT(made({{.task = "one", .seed = 5, .adapter = "d", .weight = 1}}, WeightSource::found).problems,
              ElementsAre(Tells({"d"})))
      << "an adapter must be there";
}

TEST(GivenWeights, SayOnlyTheFirstOfManyProblems) {
  std::vector<WeightRow> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back({.task = "none", .adapter = "a", .weight = 1});
  EXPECT_EQ(made(rows).problems.size(), 21u);
}

}  // namespace
}  // namespace lorasweep
