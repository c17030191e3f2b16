// SPDX-License-Identifier: Apache-2.0
// Start-up collectives over all ranks.
#include "scheduler/mpi/broadcast.h"

#include <array>
#include <cstdint>

#include "data/core/error.h"
#include "scheduler/mpi/collective.h"

namespace lorasweep {

bool agree(MpiSession& session, bool ok) {
  meet(MPI_COMM_WORLD);
  int all = ok ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD), "MPI_Allreduce");
  if (all == 0) {
    session.part();
  }
  return all != 0;
}

void broadcast_bytes(MpiSession&, std::string& bytes) {
  std::uint64_t size = bytes.size();
  broadcast_in_pieces(std::as_writable_bytes(std::span(&size, 1)), MPI_COMM_WORLD);
  bytes.resize(size);
  broadcast_in_pieces(std::as_writable_bytes(std::span(bytes)), MPI_COMM_WORLD);
}

void broadcast_region(MpiSession&, std::span<std::byte> region) {
  meet(MPI_COMM_WORLD);
  std::array<std::uint64_t, 2> extremes{region.size(),
                                        ~std::uint64_t{region.size()}};  // the largest, and ~ the smallest
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, extremes.data(), 2, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD),
            "MPI_Allreduce");
  if (extremes[0] != ~extremes[1]) {
    throw InternalError("the ranks' regions have from " + std::to_string(~extremes[1]) + " to " +
                            std::to_string(extremes[0]) + " bytes",
                        "broadcast_region");
  }
  broadcast_in_pieces(region, MPI_COMM_WORLD);
}

}  // namespace lorasweep
