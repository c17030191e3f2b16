// SPDX-License-Identifier: Apache-2.0
// Sealed bytes: open to what was sealed, closed to everything else.
#include "scheduler/envelope.h"

#include "data/core/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace lorasweep {
namespace {

std::string refusal(EnvelopeKind kind, std::string_view bytes) {
  try {
    open_envelope(kind, bytes);
  } catch (const InternalError& error) {
    return error.problem();
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

TEST(Envelope, TellsApartWhatIsWrong) {
  const std::string right = seal(EnvelopeKind::message, "x");
  std::string damaged = right, of_another_version = begin_envelope(EnvelopeKind::message);
  damaged.back() ^= 1;
  of_another_version[3] ^= 1;  // behind the three letters
  close_envelope(of_another_version);
  const std::set<std::string> problems = {
      refusal(EnvelopeKind::message, "a long text that nobody sealed"),
      refusal(EnvelopeKind::message, seal(EnvelopeKind::worker_setup, "x")),
      refusal(EnvelopeKind::message, damaged),
      refusal(EnvelopeKind::message, of_another_version),
      refusal(EnvelopeKind::message, right),  // nothing
  };
  EXPECT_EQ(problems.size(), 5u);
}

}  // namespace
}  // namespace lorasweep
