// SPDX-License-Identifier: Apache-2.0
// MPI return codes as exceptions.
#include "scheduler/mpi/mpi_call.h"

#include "data/core/error.h"

#include <array>
#include <cstddef>
#include <string>

namespace lorasweep {

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw InternalError(std::string(text.data(), static_cast<std::size_t>(length)), call);
}

}  // namespace lorasweep
