// SPDX-License-Identifier: Apache-2.0
// Every rank runs every test, in the same order, inside one MPI session.
#include "mpi_test_main.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

MpiSession* the_session = nullptr;

}  // namespace

MpiSession& test_session() { return *the_session; }

}  // namespace lorasweep

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  lorasweep::MpiSession session;
  lorasweep::the_session = &session;
  return RUN_ALL_TESTS();
}
