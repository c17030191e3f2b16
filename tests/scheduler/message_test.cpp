// SPDX-License-Identifier: Apache-2.0
// Every message, work and outcome there and back, bit by bit, and what happens to damaged ones.
#include "scheduler/message.h"

#include "scheduler/codec.h"
#include "scheduler/work_fields.h"
#include "tests/scheduler/corruption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <typename M>
M there_and_back(const M& message) {
  return std::get<M>(decode_message(encode_message(message)));
}

std::vector<Work> works() {
  return {EvaluateWork{},
          EvaluateWork{{Member{.adapters = {1, 0, -1}, .example_set = 2, .weights = {0.5, -0.0, 1e-308}}, Member{}}},
          PredictWork{}, PredictWork{{{.adapters = {3}, .weights = {1.5}, .examples = {0, 7, -1}}, {}}, 256}};
}

std::vector<Outcome> outcomes() {
  return {EvaluateResult{},         EvaluateResult{{{1.25, infinity}, {}, {-infinity}}},
          PredictResult{},          PredictResult{{{{1, 2, 32127}, {}, {-1}}, {}}},
          WorkFailure{"no memory"}, WorkFailure{}};
}

Catalogue catalogue() { return {.examples = {{{5, 6, 1}, {7, 1}}, {{}, {}}}, .example_sets = {{0, 1}, {}}}; }

TEST(Message, HelloCarriesTheCapacity) {
  EXPECT_EQ(there_and_back(Hello{{.members = 27, .predictions = -1}}).capacity,
            (WorkerCapacity{.members = 27, .predictions = -1}));
}

TEST(Message, OrderCarriesEveryKindOfWork) {
  for (const Work& work : works()) {
    const Order order{std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint32_t>::max(), work};
    EXPECT_EQ(there_and_back(order), order) << work.index();
  }
}

TEST(Message, ReportCarriesEveryKindOfOutcome) {
  for (const Outcome& outcome : outcomes()) {
    const Report report{3, 2, 0.125, outcome};
    EXPECT_EQ(there_and_back(report), report) << outcome.index();
  }
}

TEST(Message, KeepsTheBitsOfEveryLoss) {
  for (const std::uint64_t bits : {0x8000000000000000u, 0x1ul, 0x7ff8000000000123u, 0xfff0000000000001u}) {
    const Report back = there_and_back(Report{1, 0, 0, EvaluateResult{{{std::bit_cast<double>(bits)}}}});
    EXPECT_EQ(std::bit_cast<std::uint64_t>(std::get<EvaluateResult>(back.outcome).nll.at(0).at(0)), bits);
  }
}

TEST(Message, BeatAndStopComeBack) { there_and_back(Stop{}); }

TEST(Message, PartingCarriesHowItEndsAndWhy) {
  for (const Ending ending : {Ending::alone, Ending::together}) {
    const Parting parting = there_and_back(Parting{ending, "no memory: é"});
    EXPECT_EQ(parting.ending, ending);
    EXPECT_EQ(parting.reason, "no memory: é");
  }
}

TEST(Message, ThatIsAnOrderIsSeenWithoutReadingIt) {
  EXPECT_TRUE(looks_like_order(encode_message(Order{7, 1, works()[1]})));
  for (const Message& other : std::vector<Message>{Hello{}, Report{}, Stop{}, Parting{}})
    EXPECT_FALSE(looks_like_order(encode_message(other))) << other.index();
  EXPECT_FALSE(looks_like_order(""));
}

std::vector<Message> samples() {
  std::vector<Message> all{Hello{{27, 32}}, Stop{}, Parting{Ending::together, "why"}};
  for (const Work& work : works()) all.emplace_back(Order{7, 1, work});
  for (const Outcome& outcome : outcomes()) all.emplace_back(Report{7, 1, 0.5, outcome});
  return all;
}

const auto read = [](const std::string& bytes) { decode_message(bytes); };
const auto read_catalogue = [](const std::string& bytes) {
  from_sealed_bytes<Catalogue>(EnvelopeKind::worker_setup, bytes);
};

TEST(Message, IsRefusedWhenDamaged) {
  for (const Message& message : samples()) expect_damage_is_refused(encode_message(message), read);
}

TEST(Message, WithNonsenseUnderARightChecksumIsRefusedOrRead) {
  for (const Message& message : samples())
    expect_sealed_damage_is_borne(EnvelopeKind::message, encode_message(message), read);
}

TEST(Message, OfAnotherKindOfEnvelopeIsRefused) {
  EXPECT_THROW(decode_message(seal(EnvelopeKind::worker_setup, "setup")), InternalError);
}

TEST(Catalogue, ComesBackAndIsRefusedWhenDamaged) {
  const std::string bytes = to_sealed_bytes(EnvelopeKind::worker_setup, catalogue());
  EXPECT_EQ(from_sealed_bytes<Catalogue>(EnvelopeKind::worker_setup, bytes), catalogue());
  expect_damage_is_refused(bytes, read_catalogue);
  expect_sealed_damage_is_borne(EnvelopeKind::worker_setup, bytes, read_catalogue);
}

}  // namespace
}  // namespace lorasweep
