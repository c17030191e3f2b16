// SPDX-License-Identifier: Apache-2.0
// Other programs end in any case, and what they said arrives whole.
#include "pipeline/submit/external_command.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(RunCommand, TellsStatusAndBothStreams) {
  const CommandResult result = run_command({"bash", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
}

TEST(RunCommand, UsesNoShell) { EXPECT_EQ(run_command({"echo", "$HOME;", "`id`"}).out, "$HOME; `id`\n"); }

TEST(RunCommand, GivesTheEnvironmentThatItIsGiven) {
  EXPECT_EQ(run_command({"/usr/bin/env"}, std::chrono::seconds(60), std::vector<std::string>{"A=1", "B=two words"}).out,
            "A=1\nB=two words\n");
}

TEST(RunCommand, HoldsMuchOfBothStreamsWithoutBlocking) {
  const CommandResult result = run_command({"bash", "-c", "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2"});
  EXPECT_EQ(result.out.size(), 1000000u);
  EXPECT_EQ(result.err.size(), 1000000u);
}

TEST(RunCommand, SaysThatThereIsNoSuchProgram) { EXPECT_EQ(run_command({"/no/such/program"}).status, 127); }

TEST(RunCommand, EndsWhatDoesNotAnswer) {
  const CommandResult result = run_command({"sleep", "100"}, std::chrono::seconds(1));
  EXPECT_EQ(result.status, 124);
  EXPECT_NE(result.err.find("did not answer"), std::string::npos);
}

TEST(RunCommand, TellsTheSignalThatEndedIt) {
  EXPECT_EQ(run_command({"bash", "-c", "kill -TERM $$"}).status, 128 + 15);
}

}  // namespace
}  // namespace lorasweep
