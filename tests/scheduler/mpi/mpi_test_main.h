// SPDX-License-Identifier: Apache-2.0
// The session of a test program that runs the same tests on every rank.
#pragma once

#include "scheduler/mpi/mpi_session.h"

namespace lorasweep {

MpiSession& test_session();

}  // namespace lorasweep
