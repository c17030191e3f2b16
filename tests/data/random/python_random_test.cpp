// SPDX-License-Identifier: Apache-2.0
// CPython's draws, against values that CPython 3.11 printed.
#include "data/random/python_random.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <fstream>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace lorasweep {
namespace {

/// The golden draws of one kind, without those of a seed of two words, which nothing in a sweep can ask for.
nlohmann::json golden_draws(const char* kind) {
  std::ifstream file(LORASWEEP_GOLDEN_DIR "/oracle/python_random.json");
  const nlohmann::json draws = nlohmann::json::parse(file);
  nlohmann::json kept = nlohmann::json::array();
  for (const auto& entry : draws.at(kind))
    if (entry.at("seed").get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max()) kept.push_back(entry);
  return kept;
}

std::vector<int> range(int n) {
  std::vector<int> values(n);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

TEST(PythonRandom, SamplesAsCPythonOnBothSidesOfThePoolLimit) {
  const auto draws = golden_draws("sample20");
  ASSERT_EQ(draws.size(), 72u);
  for (const auto& entry : draws) {
    const auto wanted = entry.at("indices").get<std::vector<int>>();
    PythonRandom random(entry.at("seed").get<std::uint32_t>());
    EXPECT_EQ(random.sample(entry.at("n").get<int>(), static_cast<int>(wanted.size())), wanted) << entry;
  }
}

TEST(PythonRandom, ShufflesAsCPython) {
  const auto draws = golden_draws("shuffle");
  ASSERT_EQ(draws.size(), 48u);
  for (const auto& entry : draws) {
    std::vector<int> order = range(entry.at("n").get<int>());
    PythonRandom(entry.at("seed").get<std::uint32_t>()).shuffle(order);
    EXPECT_EQ(order, entry.at("order").get<std::vector<int>>()) << entry;
  }
}

TEST(PythonRandom, DrawsRawValuesInTheOrderOfCPython) {
  const auto draws = golden_draws("raw");
  ASSERT_EQ(draws.size(), 8u);
  for (const auto& entry : draws) {
    const auto seed = entry.at("seed").get<std::uint32_t>();
    PythonRandom uniforms(seed), words(seed), ranges(seed);
    for (const double wanted : entry.at("random")) EXPECT_EQ(uniforms.uniform(), wanted);
    for (const std::uint32_t wanted : entry.at("getrandbits32")) EXPECT_EQ(words.next_u32(), wanted);
    for (const std::uint64_t wanted : entry.at("randrange17")) EXPECT_EQ(ranges.below(17), wanted);
  }
}

TEST(PythonRandom, DrawsTheModulesOfThePublishedRuns) {
  const std::vector<int> wanted = {163, 28, 6, 189, 70, 62, 57, 35, 188, 26, 173, 139, 22, 151, 108, 8, 7, 23, 55, 59};
  EXPECT_EQ(PythonRandom(42).sample(196, 20), wanted);
}

TEST(PythonRandom, SamplesSmallAndLargePopulations) {
  EXPECT_EQ(PythonRandom(42).sample(21, 5), (std::vector<int>{20, 3, 0, 8, 7}));
  EXPECT_EQ(PythonRandom(42).sample(22, 5), (std::vector<int>{20, 3, 0, 8, 7}));
  EXPECT_EQ(PythonRandom(42).sample(10, 10), (std::vector<int>{1, 0, 4, 9, 6, 5, 8, 2, 3, 7}));
  EXPECT_EQ(PythonRandom(42).sample(100000, 6), (std::vector<int>{83810, 14592, 3278, 97196, 36048, 32098}));
  EXPECT_TRUE(PythonRandom(42).sample(5, 0).empty());
}

TEST(PythonRandom, DrawsBelowBoundsWiderThanAWord) {
  PythonRandom random(7);
  for (const std::uint64_t wanted : {868231286071u, 105874957392u, 208460025899u, 470330855157u})
    EXPECT_EQ(random.below((std::uint64_t{1} << 40) + 3), wanted);
}

TEST(PythonRandom, SpendsDrawsEvenBelowOne) {
  PythonRandom random(7);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(random.below(1), 0u);
  EXPECT_EQ(random.next_u32(), 2795742288u);
}

TEST(PythonRandom, TakesTheLargestSeed) { EXPECT_EQ(PythonRandom(4294967295u).next_u32(), 2728839433u); }

TEST(PythonRandom, RefusesWhatCannotBeDrawn) {
  PythonRandom random(1);
  EXPECT_THROW(random.sample(3, 4), std::invalid_argument);
  EXPECT_THROW(random.sample(3, -1), std::invalid_argument);
  EXPECT_THROW(random.below(0), std::invalid_argument);
}

TEST(PythonRandom, ShufflesNothing) {
  std::vector<int> nothing;
  PythonRandom(1).shuffle(nothing);
  EXPECT_TRUE(nothing.empty());
}

}  // namespace
}  // namespace lorasweep
