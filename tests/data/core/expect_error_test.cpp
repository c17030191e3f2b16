// SPDX-License-Identifier: Apache-2.0
// The matcher of refusals fails where a code, a place, a fact or the remedy is another one.
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

namespace lorasweep {
namespace {

using testing::Not;

TEST(ExpectError, ComparesCodePlaceFactsAndRemedy) {
  const Refusal refused = refusal_of([] { throw InputError("f, tensor w", "has rank 12, not 8", "choose another"); });
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "f, tensor w", {"rank 12", "8"}));
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "", {"tensor w"}));
  EXPECT_THAT(refused, Not(Refused(ExitCode::usage, "f, tensor w", {"rank 12", "8"})));
  EXPECT_THAT(refused, Not(Refused(ExitCode::bad_input, "tensor v")));
  EXPECT_THAT(refused, Not(Refused(ExitCode::bad_input, "rank 12")));
  EXPECT_THAT(refused, Not(Refused(ExitCode::bad_input, "tensor w", {"rank 12", "9"})));
  EXPECT_THAT(refused, Not(Refused(ExitCode::bad_input, "tensor w", {"choose"})));
  EXPECT_THAT(refused, Not(Accepted()));
}

TEST(ExpectError, WantsARemedyUnlessThereIsNone) {
  const Refusal bare = refusal_of([] { throw InputError("f", "has no tensor w"); });
  EXPECT_THAT(bare, Reported(ExitCode::bad_input, "f", {"tensor w"}));
  EXPECT_THAT(bare, Not(Reported(ExitCode::bad_input, "f", {"tensor v"})));
  EXPECT_THAT(bare, Not(Refused(ExitCode::bad_input, "f", {"tensor w"})));
}

TEST(ExpectError, KnowsACallThatCameBackAndLetsOtherExceptionsPass) {
  EXPECT_THAT(refusal_of([] {}), Accepted());
  EXPECT_THAT(refusal_of([] {}), Not(Refused(ExitCode::bad_input)));
  EXPECT_THROW(refusal_of([] { throw std::bad_alloc(); }), std::bad_alloc);
}

TEST(ExpectError, FactsAreWholeWords) {
  EXPECT_THAT("byte 12 of [2, 3]", Tells({"byte 12", "[2, 3]", "12", "3"}));
  for (const char* part : {"1", "2 o", "byte 1", "yte", "byte 123"})
    EXPECT_THAT("byte 12 off", Not(Tells({part}))) << part;
  EXPECT_THAT("112 and 12", Tells({"12"}));
}

}  // namespace
}  // namespace lorasweep
