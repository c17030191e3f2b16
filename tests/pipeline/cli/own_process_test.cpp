// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/own_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace lorasweep {
namespace {

TEST(OwnProcess, HandsOnTheExitCode) {
  EXPECT_EQ(in_own_process("a.h5", [] { return ExitCode::ok; }), ExitCode::ok);
  EXPECT_EQ(in_own_process("a.h5", [] { return ExitCode::storage; }), ExitCode::storage);
}

TEST(OwnProcess, ACrashIsTheFilesFault) {
  try {
    in_own_process("a.h5", [] {
      std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would exit
      std::raise(SIGSEGV);
      return ExitCode::ok;
    });
    FAIL() << "the crash passed unnoticed";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("a.h5"), testing::HasSubstr("Segmentation fault")));
  }
}

TEST(OwnProcess, BeingEndedFromOutsideIsNotTheFilesFault) {
  for (const int signal : {SIGKILL, SIGTERM, SIGHUP}) {
    try {
      in_own_process("a.h5", [&] {
        std::raise(signal);
        return ExitCode::ok;
      });
      FAIL() << "the signal passed unnoticed";
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.code()), 128 + signal);
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("damaged")));
    }
  }
}

TEST(OwnProcess, ChangesNothingHere) {
  int seen = 1;
  in_own_process("a.h5", [&] {
    seen = 2;
    return ExitCode::ok;
  });
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace lorasweep
