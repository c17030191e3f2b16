// SPDX-License-Identifier: Apache-2.0
// No-op evaluations per second over the ranks of an MPI job.
#pragma once

#include "scheduler/mpi/mpi_session.h"

namespace lorasweep {

/// The whole program on every rank of a job of at least two: rank 0 measures, the others answer. Returns main's code.
int bench_over_mpi(int argc, char** argv);

}  // namespace lorasweep
