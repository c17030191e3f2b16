// SPDX-License-Identifier: Apache-2.0
// Every rank runs every test, in the same order, inside one MPI session.
#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gtest/gtest.h>

#include <chrono>

namespace lorasweep {
namespace {

MpiSession* the_session = nullptr;

}  // namespace

MpiSession& test_session() { return *the_session; }

}  // namespace lorasweep

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  lorasweep::MpiSession session({.beat = std::chrono::milliseconds(100), .stop_grace = std::chrono::seconds(2)});
  lorasweep::the_session = &session;
  return RUN_ALL_TESTS();
}
