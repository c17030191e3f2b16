// SPDX-License-Identifier: Apache-2.0
// A process that no launcher started needs no MPI.
#include "scheduler/mpi/mpi_session.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace lorasweep {
namespace {

TEST(PlainProcess, IsNotTakenForARank) {
  unsetenv("OMPI_COMM_WORLD_SIZE");
  unsetenv("PMIX_RANK");
  EXPECT_FALSE(MpiSession::launched());
}

TEST(PlainProcess, KnowsMpirunAndPmixByTheirVariables) {
  setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
  EXPECT_TRUE(MpiSession::launched());
  unsetenv("OMPI_COMM_WORLD_SIZE");
  setenv("PMIX_RANK", "0", 1);
  EXPECT_TRUE(MpiSession::launched());
  unsetenv("PMIX_RANK");
}

}  // namespace
}  // namespace lorasweep
