// SPDX-License-Identifier: Apache-2.0
// Every message there and back, and what happens to damaged ones.
#include "scheduler/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/scheduler/corruption.h"

namespace lorasweep {
namespace {

template <typename M>
M there_and_back(const M& message) {
  return std::get<M>(decode_message(encode_message(message)));
}

TEST(Message, HelloCarriesTheCapacity) {
  EXPECT_EQ(there_and_back(Hello{{.members = 27, .predictions = -1}}).capacity,
            (WorkerCapacity{.members = 27, .predictions = -1}));
}

TEST(Message, OrderCarriesUnitAttemptAndPayload) {
  const std::string payload("\0work\xff", 6);
  const Order order = there_and_back(
      Order{std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint32_t>::max(), payload});
  EXPECT_EQ(order.unit, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(order.attempt, std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(order.payload, payload);
}

TEST(Message, ReportCarriesTheOutcomeOrTheFailure) {
  const Report done = there_and_back(Report{3, 2, 0.125, "outcome", ""});
  EXPECT_EQ(done.unit, 3u);
  EXPECT_EQ(done.attempt, 2u);
  EXPECT_EQ(done.seconds, 0.125);
  EXPECT_EQ(done.payload, "outcome");
  EXPECT_EQ(done.failure, "");
  EXPECT_EQ(there_and_back(Report{3, 2, 0.125, "", "no memory: é"}).failure, "no memory: é");
}

TEST(Message, BeatAndStopComeBack) {
  there_and_back(Beat{});
  there_and_back(Stop{});
}

std::vector<Message> samples() {
  return {Hello{{27, 32}},
          Order{7, 1, "a payload of some bytes"},
          Report{7, 1, 0.5, "an outcome", ""},
          Report{7, 1, 0.5, "", "a failure"},
          Beat{},
          Stop{}};
}

const auto read = [](const std::string& bytes) { decode_message(bytes); };

TEST(Message, IsRefusedWhenDamaged) {
  for (const Message& message : samples()) expect_damage_is_refused(encode_message(message), read);
}

TEST(Message, WithNonsenseUnderARightChecksumIsRefusedOrRead) {
  for (const Message& message : samples())
    expect_sealed_damage_is_borne(EnvelopeKind::message, encode_message(message), read);
}

TEST(Message, OfAnotherKindOfEnvelopeIsRefused) {
  EXPECT_THROW(decode_message(seal(EnvelopeKind::work, "work")), InternalError);
}

}  // namespace
}  // namespace lorasweep
