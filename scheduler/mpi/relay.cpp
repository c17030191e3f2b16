// SPDX-License-Identifier: Apache-2.0
#include "scheduler/mpi/relay.h"

#include "scheduler/mpi/mpi_call.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr int tag = 77;  // no letters are under way at start-up

}  // namespace

void send_region(MpiSession&, std::span<const std::byte> region, int to) {
  while (!region.empty()) {
    const auto piece = region.first(std::min(region.size(), relay_piece));
    check_mpi(MPI_Send(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, to, tag, MPI_COMM_WORLD), "MPI_Send");
    region = region.subspan(piece.size());
  }
}

void receive_piece(MpiSession&, std::span<std::byte> piece) {
  while (!piece.empty()) {
    const auto part = piece.first(std::min(piece.size(), relay_piece));
    check_mpi(MPI_Recv(part.data(), static_cast<int>(part.size()), MPI_BYTE, 0, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE),
              "MPI_Recv");
    piece = piece.subspan(part.size());
  }
}

}  // namespace lorasweep
