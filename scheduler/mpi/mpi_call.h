// SPDX-License-Identifier: Apache-2.0
// Calling MPI inside this room: its header, and its return codes as exceptions. Not for other rooms.
#pragma once

#include <mpi.h>

namespace lorasweep {

/// Throws InternalError with MPI's own words unless `code` is MPI_SUCCESS. `call` names the call for the message.
void check_mpi(int code, const char* call);

}  // namespace lorasweep
