// SPDX-License-Identifier: Apache-2.0
// The engine on a device whose memory ends, or that is lost: the tiny model on the CPU, behind ops with a budget.
#include "tests/testing/limited_ops.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace lorasweep {
namespace {

std::unique_ptr<LanguageEngine> engine_on(LimitedMemory& memory, const oracle::Cases& c) {
  return oracle::engine_on(std::make_unique<LimitedOps>(make_ops({}), memory), c.catalogue);
}

std::vector<Member> members(const oracle::Cases& c, int count) {
  std::vector<Member> all;
  for (int m = 0; m < count; ++m) {
    const auto set = static_cast<std::int32_t>(m % static_cast<int>(c.adapters.size()));
    std::vector<double> weights;
    for (std::size_t i = 0; i < c.adapters[set].size(); ++i)
      weights.push_back(0.1 * static_cast<double>((i * 7 + m * 3) % 11) - 0.5);
    all.push_back({c.adapters[set], set, std::move(weights)});
  }
  return all;
}

std::vector<std::int32_t> all_examples(const oracle::Cases& c) {
  std::vector<std::int32_t> all(c.catalogue.examples.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// The same members in the parts that the engine made of them, on a device with plenty of memory. In parts, so that the
// comparison is of bits even on a processor whose matrix products are not batch-invariant.
std::vector<std::vector<double>> in_parts(const oracle::Cases& c, std::span<const Member> all, std::size_t parts) {
  LimitedMemory plenty;
  const auto engine = engine_on(plenty, c);
  std::vector<std::vector<double>> nll;
  for (std::size_t part = 0, first = 0; part < parts; ++part) {
    const std::size_t count = (all.size() - first + (parts - part) - 1) / (parts - part);
    const auto own = all.subspan(first, count);
    for (auto& sums : oracle::evaluate(*engine, {own.begin(), own.end()})) nll.push_back(std::move(sums));
    first += count;
  }
  return nll;
}

std::size_t memory_of(const oracle::Cases& c, const std::vector<Member>& some) {
  LimitedMemory memory;
  oracle::evaluate(*engine_on(memory, c), some);
  return memory.most_used;
}

TEST(SmallMemory, AnEvaluationIsSplitIntoWhatFitsAndItsLossesAreTheSame) {
  const oracle::Cases c = oracle::cases();
  const std::vector<Member> all = members(c, 8);
  const auto half = memory_of(c, {all.begin(), all.begin() + 4}), whole = memory_of(c, all);
  ASSERT_LT(half, whole);
  LimitedMemory memory{.budget = (half + whole) / 2};
  const auto engine = engine_on(memory, c);
  EXPECT_EQ(oracle::evaluate(*engine, all), in_parts(c, all, 2));
  EXPECT_GT(memory.refusals, 0);
  EXPECT_LE(memory.most_used, memory.budget);

  const int refusals = memory.refusals;
  memory.keys.clear();
  EXPECT_EQ(oracle::evaluate(*engine, all), in_parts(c, all, 2));
  EXPECT_EQ(memory.refusals, refusals) << "it remembers what fits";
  EXPECT_EQ(memory.keys.size(), 2u);
}

TEST(SmallMemory, EveryBudgetThatTakesOneMemberGivesTheLossesOfEachMember) {
  const oracle::Cases c = oracle::cases();
  const std::vector<Member> all = members(c, 8);
  std::size_t one = 0;
  for (const Member& member : all) one = std::max(one, memory_of(c, {member}));
  std::set<std::size_t> sizes;
  for (const double factor : {1.0, 1.7, 2.6, 4.5}) {
    LimitedMemory memory{.budget = static_cast<std::size_t>(static_cast<double>(one) * factor)};
    const auto engine = engine_on(memory, c);
    const auto nll = oracle::evaluate(*engine, all);
    memory.keys.clear();
    EXPECT_EQ(oracle::evaluate(*engine, all), nll);
    sizes.insert(memory.keys.size());
    EXPECT_EQ(nll, in_parts(c, all, memory.keys.size())) << factor;
    EXPECT_LE(memory.most_used, memory.budget);
  }
  EXPECT_GT(sizes.size(), 1u) << "the budgets are too alike to show anything";
}

TEST(SmallMemory, OneMemberThatDoesNotFitIsOutOfDeviceMemoryAndTheEngineStaysUsable) {
  const oracle::Cases c = oracle::cases();
  const std::vector<Member> all = members(c, 4);
  LimitedMemory memory{.budget = 100'000};
  const auto engine = engine_on(memory, c);
  EXPECT_THROW(engine->start(EvaluateWork{all}), OutOfDeviceMemory);
  EXPECT_THROW(engine->start(PredictWork{{{{}, {}, all_examples(c)}}, 8}), OutOfDeviceMemory);
  EXPECT_EQ(memory.used, 0u) << "what failed must not keep memory";
  memory.budget = std::size_t{1} << 30;
  EXPECT_EQ(oracle::evaluate(*engine, all), in_parts(c, all, 4));
}

TEST(SmallMemory, APredictionIsSplitAndItsAnswersAreTheSame) {
  const oracle::Cases c = oracle::cases();
  const PredictWork work{{{c.adapters[0], members(c, 1)[0].weights, all_examples(c)}}, 40};
  LimitedMemory plenty;
  const auto expected = oracle::predict(*engine_on(plenty, c), work);
  LimitedMemory memory{.budget = plenty.most_used / 3};
  const auto engine = engine_on(memory, c);
  EXPECT_EQ(oracle::predict(*engine, work), expected);
  EXPECT_GT(memory.refusals, 0);
  const int refusals = memory.refusals;
  EXPECT_EQ(oracle::predict(*engine, work), expected);
  EXPECT_EQ(memory.refusals, refusals) << "it remembers what fits";
}

TEST(SmallMemory, AnEvaluationGetsTheRoomThatAPredictionKept) {
  const oracle::Cases c = oracle::cases();
  const std::vector<Member> all = members(c, 2);
  const PredictWork work{{{{}, {}, all_examples(c)}}, 4};
  LimitedMemory plenty;
  oracle::predict(*engine_on(plenty, c), work);
  LimitedMemory memory{.budget = std::max(plenty.most_used, memory_of(c, all)) + 1000};
  const auto engine = engine_on(memory, c);
  oracle::predict(*engine, work);
  memory.keys.clear();
  oracle::evaluate(*engine, all);
  EXPECT_GT(memory.refusals, 0) << "the prediction's matrices leave room: the test shows nothing";
  memory.keys.clear();
  EXPECT_EQ(oracle::evaluate(*engine, all), in_parts(c, all, 1));
  EXPECT_EQ(memory.keys.size(), 1u) << "not split: there was room once the prediction's matrices were gone";
}

TEST(Recording, NothingIsAllocatedInsideAndWhatComesAgainAllocatesNothing) {
  const oracle::Cases c = oracle::cases();
  const std::vector<Member> all = members(c, 6);
  LimitedMemory memory;
  const auto engine = engine_on(memory, c);
  oracle::evaluate(*engine, all);
  EXPECT_EQ(memory.allocations_while_recording, 0);
  const PredictWork work{{{c.adapters[0], all[0].weights, all_examples(c)}}, 8};
  oracle::predict(*engine, work);
  const int allocations = memory.allocations;
  oracle::evaluate(*engine, all);
  oracle::predict(*engine, work);
  oracle::evaluate(*engine, all);
  EXPECT_EQ(memory.allocations, allocations) << "an allocation makes a device forget its records";
}

TEST(Recording, TheKeyTellsExamplesAndLayoutsButNotWeightsOrAdapters) {
  const oracle::Cases c = oracle::cases();
  LimitedMemory memory;
  const auto engine = engine_on(memory, c);
  const auto key = [&](const std::vector<Member>& some) {
    oracle::evaluate(*engine, some);
    return memory.keys.back();
  };
  const Member first{{0, 1, 2}, 0, {1, 2, 3}}, second{{0, 1, 2}, 1, {1, 2, 3}};
  const std::string known = key({first, second});
  EXPECT_EQ(key({{{0, 1, 2}, 0, {0, 0, 1}}, {{3, 4, 5}, 1, {5, 5, 5}}}), known);
  EXPECT_NE(key({second, first}), known);
  EXPECT_NE(key({first}), known);
  EXPECT_NE(key({first, {{}, 1, {}}}), known) << "without adapters there is no bypass";
}

TEST(LostDevice, PassesThroughTheEngine) {
  const oracle::Cases c = oracle::cases();
  LimitedMemory memory;
  const auto engine = engine_on(memory, c);
  memory.lost = true;
  EXPECT_THROW(engine->start(EvaluateWork{members(c, 2)}), DeviceLost);
  EXPECT_THROW(engine->start(PredictWork{{{{}, {}, {0}}}, 4}), DeviceLost);
}

}  // namespace
}  // namespace lorasweep
