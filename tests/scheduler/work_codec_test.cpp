// SPDX-License-Identifier: Apache-2.0
// Work, outcomes and the catalogue there and back, bit by bit, and what happens to damaged ones.
#include "scheduler/work_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/scheduler/corruption.h"

namespace lorasweep {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<Work> works() {
  return {EvaluateWork{},
          EvaluateWork{{Member{.adapter_set = 1, .example_set = 2, .weights = {0.5, -0.0, 1e-308}}, Member{}}},
          PredictWork{}, PredictWork{{{.adapter_set = 3, .weights = {1.5}, .examples = {0, 7, -1}}, {}}, 256}};
}

std::vector<Outcome> outcomes() {
  return {EvaluateResult{},         EvaluateResult{{{1.25, infinity}, {}, {-infinity}}},
          PredictResult{},          PredictResult{{{{1, 2, 32127}, {}, {-1}}, {}}},
          WorkFailure{"no memory"}, WorkFailure{}};
}

Catalogue catalogue() {
  return {.examples = {{{5, 6, 1}, {7, 1}}, {{}, {}}}, .example_sets = {{0, 1}, {}}, .adapter_sets = {{3, 2, 1}}};
}

TEST(WorkCodec, BringsEveryKindOfWorkBack) {
  for (const Work& work : works()) EXPECT_TRUE(decode_work(encode_work(work)) == work) << work.index();
}

TEST(WorkCodec, BringsEveryKindOfOutcomeBack) {
  for (const Outcome& outcome : outcomes())
    EXPECT_TRUE(decode_outcome(encode_outcome(outcome)) == outcome) << outcome.index();
}

TEST(WorkCodec, BringsTheCatalogueBack) { EXPECT_EQ(decode_catalogue(encode_catalogue(catalogue())), catalogue()); }

TEST(WorkCodec, KeepsTheBitsOfEveryLoss) {
  for (const std::uint64_t bits : {0x8000000000000000u, 0x1ul, 0x7ff8000000000123u, 0xfff0000000000001u}) {
    const auto back =
        std::get<EvaluateResult>(decode_outcome(encode_outcome(EvaluateResult{{{std::bit_cast<double>(bits)}}})));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back.nll.at(0).at(0)), bits);
  }
}

const auto read_work = [](const std::string& bytes) { decode_work(bytes); };
const auto read_outcome = [](const std::string& bytes) { decode_outcome(bytes); };
const auto read_catalogue = [](const std::string& bytes) { decode_catalogue(bytes); };

TEST(WorkCodec, RefusesDamage) {
  for (const Work& work : works()) expect_damage_is_refused(encode_work(work), read_work);
  for (const Outcome& outcome : outcomes()) expect_damage_is_refused(encode_outcome(outcome), read_outcome);
  expect_damage_is_refused(encode_catalogue(catalogue()), read_catalogue);
}

TEST(WorkCodec, RefusesOrReadsNonsenseUnderARightChecksum) {
  for (const Work& work : works()) expect_sealed_damage_is_borne(EnvelopeKind::work, encode_work(work), read_work);
  for (const Outcome& outcome : outcomes())
    expect_sealed_damage_is_borne(EnvelopeKind::outcome, encode_outcome(outcome), read_outcome);
  expect_sealed_damage_is_borne(EnvelopeKind::catalogue, encode_catalogue(catalogue()), read_catalogue);
}

TEST(WorkCodec, DoesNotMistakeOneThingForAnother) {
  EXPECT_THROW(decode_outcome(encode_work(works()[0])), InternalError);
  EXPECT_THROW(decode_work(encode_outcome(outcomes()[0])), InternalError);
  EXPECT_THROW(decode_catalogue(encode_work(works()[0])), InternalError);
}

}  // namespace
}  // namespace lorasweep
