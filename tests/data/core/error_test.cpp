// SPDX-License-Identifier: Apache-2.0
// How errors read, and what the shell is told.
#include "data/core/error.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(Error, ReadsWhereProblemRemedy) {
  EXPECT_STREQ(InputError("a.json:3", "is wrong", "correct it").what(), "a.json:3: is wrong; correct it");
  EXPECT_STREQ(InputError("a.json", "is wrong").what(), "a.json: is wrong");
  EXPECT_STREQ(ConfigError("", "is wrong", "correct it").what(), "is wrong; correct it");
}

TEST(Error, TellsTheShellWhoseFaultItIs) {
  EXPECT_EQ(InternalError("p").code(), ExitCode::internal);
  EXPECT_EQ(ConfigError("w", "p").code(), ExitCode::usage);
  EXPECT_EQ(InputError("w", "p").code(), ExitCode::bad_input);
  EXPECT_EQ(StorageError("w", "p").code(), ExitCode::storage);
}

TEST(Error, ShowsControlCharactersInsteadOfSendingThem) {
  const InputError error("a\x1b[2Jb", std::string("x\0y", 3) + "\r", "first\n  second");
  EXPECT_STREQ(error.what(), "a\\x1b[2Jb: x\\x00y\\x0d; first\n  second");
}

}  // namespace
}  // namespace lorasweep
