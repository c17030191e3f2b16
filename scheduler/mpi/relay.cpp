// SPDX-License-Identifier: Apache-2.0
// Nonblocking sends and receives of one piece after the other.
#include "scheduler/mpi/relay.h"

#include "scheduler/mpi/collective.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr int piece_tag = 77;  // no letters are under way at start-up

}  // namespace

void send_region(const MpiSession& session, std::span<const std::byte> region, int to) {
  while (!region.empty()) {
    const auto piece = region.first(std::min(region.size(), relay_piece));
    MPI_Request request = MPI_REQUEST_NULL;
    {
      const auto turn = session.turn();
      check_mpi(
          MPI_Isend(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, to, piece_tag, MPI_COMM_WORLD, &request),
          "MPI_Isend");
    }
    finish(session, request);
    region = region.subspan(piece.size());
  }
}

void receive_piece(const MpiSession& session, std::span<std::byte> piece) {
  while (!piece.empty()) {
    const auto part = piece.first(std::min(piece.size(), relay_piece));
    MPI_Request request = MPI_REQUEST_NULL;
    {
      const auto turn = session.turn();
      check_mpi(MPI_Irecv(part.data(), static_cast<int>(part.size()), MPI_BYTE, 0, piece_tag, MPI_COMM_WORLD, &request),
                "MPI_Irecv");
    }
    finish(session, request);
    piece = piece.subspan(part.size());
  }
}

}  // namespace lorasweep
