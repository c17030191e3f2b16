// SPDX-License-Identifier: Apache-2.0
// Sealed bytes: open to what was sealed, closed to everything else.
#include "scheduler/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/core/error.h"

namespace lorasweep {
namespace {

std::string refusal(EnvelopeKind kind, std::string_view bytes) {
  try {
    open_envelope(kind, bytes);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(Envelope, GivesBackWhatWasSealed) {
  for (const std::string& content :
       {std::string(), std::string("abc"), std::string("\0\xff", 2), std::string(100'000, 'x')})
    EXPECT_EQ(open_envelope(EnvelopeKind::worker_setup, seal(EnvelopeKind::worker_setup, content)), content);
}

TEST(Envelope, IsTheSameInOnePieceAndInTwo) {
  std::string bytes = begin_envelope(EnvelopeKind::message);
  bytes += "some content";
  close_envelope(bytes);
  EXPECT_EQ(bytes, seal(EnvelopeKind::message, "some content"));
}

TEST(Envelope, ShowsItsContentUncheckedToWhoeverPassesItOn) {
  EXPECT_EQ(unchecked_content(seal(EnvelopeKind::message, "some content")), "some content");
  EXPECT_EQ(unchecked_content("too short"), "");
}

TEST(Envelope, RefusesEveryTruncation) {
  const std::string whole = seal(EnvelopeKind::message, "some content");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(EnvelopeKind::message, std::string_view(whole).substr(0, length)), "") << length;
  EXPECT_NE(refusal(EnvelopeKind::message, whole + '\0'), "");
}

TEST(Envelope, RefusesEveryFlippedBit) {
  const std::string whole = seal(EnvelopeKind::message, "some content");
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(refusal(EnvelopeKind::message, bytes), "") << "bit " << bit;
  }
}

TEST(Envelope, NamesWhatIsWrong) {
  EXPECT_THAT(refusal(EnvelopeKind::message, "a long text that nobody sealed"),
              testing::HasSubstr("not made by lorasweep"));
  EXPECT_THAT(refusal(EnvelopeKind::message, seal(EnvelopeKind::worker_setup, "x")),
              testing::HasSubstr("another kind"));
  std::string damaged = seal(EnvelopeKind::message, "x");
  damaged.back() ^= 1;
  EXPECT_THAT(refusal(EnvelopeKind::message, damaged), testing::HasSubstr("damaged"));
}

}  // namespace
}  // namespace lorasweep
