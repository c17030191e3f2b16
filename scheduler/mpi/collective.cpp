// SPDX-License-Identifier: Apache-2.0
// A polite barrier and a broadcast without a size limit.
#include "scheduler/mpi/collective.h"

#include <algorithm>
#include <chrono>

#include "scheduler/mpi/nap.h"

namespace lorasweep {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 20;

}  // namespace

void meet(MPI_Comm communicator) {
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Ibarrier(communicator, &request), "MPI_Ibarrier");
  for (Nap nap;;) {
    int done = 0;
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done != 0) {
      return;
    }
    nap.rest(std::chrono::seconds(1));
  }
}

void broadcast_in_pieces(std::span<std::byte> region, MPI_Comm communicator) {
  meet(communicator);
  while (!region.empty()) {
    const std::span<std::byte> piece = region.first(std::min(region.size(), kPiece));
    check_mpi(MPI_Bcast(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, 0, communicator), "MPI_Bcast");
    region = region.subspan(piece.size());
  }
}

}  // namespace lorasweep
