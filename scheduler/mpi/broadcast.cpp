// SPDX-License-Identifier: Apache-2.0
// Start-up collectives over all ranks: all meet first, then what travels needs nobody's coming any more.
#include "scheduler/mpi/broadcast.h"

#include "data/core/error.h"
#include "scheduler/mpi/collective.h"

#include <array>
#include <cstdint>

namespace lorasweep {
namespace {

// Starts a nonblocking collective call by start(request), and waits for its end.
template <typename Start>
void together(const MpiSession& session, const char* call, Start start) {
  MPI_Request request = MPI_REQUEST_NULL;
  {
    const auto turn = session.turn();
    check_mpi(start(&request), call);
  }
  finish(session, request);
}

}  // namespace

bool all_of_ranks(const MpiSession& session, bool ok) {
  meet(session, MPI_COMM_WORLD);
  int all = ok ? 1 : 0;
  together(session, "MPI_Iallreduce", [&](MPI_Request* request) {
    return MPI_Iallreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, request);
  });
  return all != 0;
}

void broadcast_bytes(const MpiSession& session, std::string& bytes) {
  std::uint64_t size = bytes.size();
  broadcast_in_pieces(session, std::as_writable_bytes(std::span(&size, 1)), MPI_COMM_WORLD);
  bytes.resize(size);
  broadcast_in_pieces(session, std::as_writable_bytes(std::span(bytes)), MPI_COMM_WORLD);
}

std::vector<std::string> gather_bytes(const MpiSession& session, const std::string& own) {
  meet(session, MPI_COMM_WORLD);
  const auto ranks = static_cast<std::size_t>(session.size());
  const int size = static_cast<int>(own.size());
  std::vector<int> sizes(session.scheduler() ? ranks : 0), offsets(sizes.size());
  together(session, "MPI_Igather", [&](MPI_Request* request) {
    return MPI_Igather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, 0, MPI_COMM_WORLD, request);
  });
  for (std::size_t i = 1; i < sizes.size(); ++i) offsets[i] = offsets[i - 1] + sizes[i - 1];
  std::string all(sizes.empty() ? 0 : static_cast<std::size_t>(offsets.back() + sizes.back()), '\0');
  together(session, "MPI_Igatherv", [&](MPI_Request* request) {
    return MPI_Igatherv(own.data(), size, MPI_BYTE, all.data(), sizes.data(), offsets.data(), MPI_BYTE, 0,
                        MPI_COMM_WORLD, request);
  });
  std::vector<std::string> bytes;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    bytes.push_back(all.substr(static_cast<std::size_t>(offsets[i]), static_cast<std::size_t>(sizes[i])));
  return bytes;
}

void broadcast_region(const MpiSession& session, std::span<std::byte> region) {
  meet(session, MPI_COMM_WORLD);
  std::array<std::uint64_t, 2> extremes{region.size(),
                                        ~std::uint64_t{region.size()}};  // the largest, and ~ the smallest
  together(session, "MPI_Iallreduce", [&](MPI_Request* request) {
    return MPI_Iallreduce(MPI_IN_PLACE, extremes.data(), 2, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD, request);
  });
  if (extremes[0] != ~extremes[1])
    throw InternalError("the ranks' regions have from " + std::to_string(~extremes[1]) + " to " +
                            std::to_string(extremes[0]) + " bytes",
                        "broadcast_region");
  broadcast_in_pieces(session, region, MPI_COMM_WORLD);
}

}  // namespace lorasweep
