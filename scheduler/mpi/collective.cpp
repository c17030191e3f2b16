// SPDX-License-Identifier: Apache-2.0
// A barrier that leaves the core to others while it waits, and a broadcast without a size limit.
#include "scheduler/mpi/collective.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace lorasweep {
namespace {

constexpr std::size_t most_at_once = std::size_t{64} << 20;
constexpr int tests_between_looks = 1 << 14;  // some milliseconds
// The heartbeat wants the turn, too, and gets it only from who rests: a mutex goes to the thread that runs.
constexpr int tests_between_rests = 1 << 12;
constexpr std::chrono::microseconds rest{20};

bool done(const MpiSession& session, MPI_Request& request) {
  const auto turn = session.turn();
  int flag = 0;
  check_mpi(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), "MPI_Test");
  return flag != 0;
}

}  // namespace

void meet(const MpiSession& session, MPI_Comm communicator) {
  MPI_Request request = MPI_REQUEST_NULL;
  {
    const auto turn = session.turn();
    check_mpi(MPI_Ibarrier(communicator, &request), "MPI_Ibarrier");
  }
  session.wait_until([&] { return done(session, request); });
}

void finish(const MpiSession& session, MPI_Request& request) {
  for (int tests = 1; !done(session, request); ++tests) {
    if (tests % tests_between_rests == 0) std::this_thread::sleep_for(rest);
    if (tests % tests_between_looks == 0) session.require_peers();
  }
}

void broadcast_in_pieces(const MpiSession& session, std::span<std::byte> region, MPI_Comm communicator) {
  meet(session, communicator);
  while (!region.empty()) {
    const std::span<std::byte> piece = region.first(std::min(region.size(), most_at_once));
    MPI_Request request = MPI_REQUEST_NULL;
    {
      const auto turn = session.turn();
      check_mpi(MPI_Ibcast(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, 0, communicator, &request),
                "MPI_Ibcast");
    }
    finish(session, request);
    region = region.subspan(piece.size());
  }
}

}  // namespace lorasweep
