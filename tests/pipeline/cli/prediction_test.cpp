// SPDX-License-Identifier: Apache-2.0
// What users are told about a sweep before it runs.
#include "tests/pipeline/cli/program.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Prediction = Program;

TEST_F(Prediction, SaysMemoryAndDiskAlwaysAndTimeAtAGivenRate) {
  const CommandResult without = of_demo("validate");
  EXPECT_THAT(without.out, AllOf(Tells({"memory", "disk", "journal", "results"}), Tells({"--probe", "--rate"})));
  EXPECT_THAT(without.out, Not(HasSubstr("shorten")));
  const CommandResult slow = of_demo("validate", {"--rate", "0.001", "--set", "run.workers=1"}),
                      fast = of_demo("run", {"-n", "--rate", "20,20,20", "--set", "run.workers=1"});
  EXPECT_THAT(slow.out, AllOf(Tells({"with 1 worker", "0.001,0.001,0.001", "shorten"}), HasSubstr(" h ")));
  EXPECT_THAT(fast.out, AllOf(Tells({"with 1 worker", "20,20,20"}), Not(HasSubstr(" h "))));
}

TEST_F(Prediction, ProbesThisMachineForAsLongAsItIsTold) {
  const CommandResult answer = of_demo("validate", {"--probe=0.05"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, AllOf(Tells({"time", "by a probe", "--rate", "shorten"}), Not(Tells({"0 evaluations"})),
                                Not(Tells({"0 answers"}))));
}

TEST_F(Prediction, IsRefusedWhereItMeansNothing) {
  for (const std::string option : {"--probe", "--rate=20"}) {
    const CommandResult answer = of_demo("run", {option});
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err, Tells({"--dry-run"}));
  }
  for (const std::string wrong : {"--rate=fast", "--rate=1,2", "--probe=-1", "--probe=soon"})
    EXPECT_EQ(of_demo("validate", {wrong}).status, 2) << wrong;
  EXPECT_EQ(of_demo("validate", {"--probe", "--rate=20"}).status, 2) << "one of them says it";
}

TEST_F(Prediction, OfASubmissionStandsBelowItsScripts) {
  const CommandResult answer = of_demo("submit", {"-n", "--rate", "20", "--workers-per-node", "4", "--nodes", "2"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, Tells({"### commands", "### expected", "with 8 workers", "a node with 4 workers"}));
}

}  // namespace
}  // namespace lorasweep
