// SPDX-License-Identifier: Apache-2.0
// All ranks run one program, or the one that does not is named.
#include "pipeline/run/program_identity.h"

#include "data/core/digest.h"
#include "data/core/error.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const RankProgram rank_0 = {"lorasweep 1, executable aa", "rank 0 on n0"}, like_it = {rank_0.identity, "rank 1 on n1"},
                  other = {"lorasweep 1, executable bb", "rank 2 on n2"};

std::string refusal(const std::vector<RankProgram>& ranks) {
  try {
    require_one_program(ranks);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ProgramIdentity, IsThatOfTheExecutablesBytes) {
  EXPECT_THAT(identity_of_this_program(), HasSubstr(sha256_file("/proc/self/exe").substr(0, 16)));
}

TEST(Programs, OfOneKindAreAccepted) { EXPECT_EQ(refusal({rank_0, like_it, like_it}), "accepted"); }

TEST(Programs, ThatAreNotRank0sAreRefusedByName) {
  EXPECT_THAT(refusal({rank_0, like_it, other}),
              AllOf(HasSubstr("rank 2 on n2"), HasSubstr("executable bb"), HasSubstr("rank 0 on n0"),
                    HasSubstr("executable aa"), Not(HasSubstr("rank 1 on n1"))));
  EXPECT_THAT(refusal({rank_0, other, other, other}), HasSubstr("2 more"));
}

TEST(Programs, TellTheirIdentityToAnyOtherVersion) {
  EXPECT_EQ(rank_program(as_text(other)), other);
  for (const char* unknown : {"", "another format", "\n", "\n\n\xff", "a\nb\nc"}) {
    const RankProgram read = rank_program(unknown);
    EXPECT_THAT(refusal({rank_0, read}), Not("accepted")) << unknown;
  }
}

}  // namespace
}  // namespace lorasweep
