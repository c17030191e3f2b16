// SPDX-License-Identifier: Apache-2.0
// The ranks that share memory with this one are those of its node.
#include "scheduler/mpi/node_place.h"

#include "scheduler/mpi/collective.h"

#include <vector>

namespace lorasweep {

NodePlace place_on_node(const MpiSession& session) {
  meet(session, MPI_COMM_WORLD);
  const BlockingCall call(session);
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node), "MPI_Comm_split_type");
  int size = 0;
  check_mpi(MPI_Comm_size(node, &size), "MPI_Comm_size");
  int rank = session.rank();
  std::vector<int> ranks(static_cast<std::size_t>(size));
  check_mpi(MPI_Allgather(&rank, 1, MPI_INT, ranks.data(), 1, MPI_INT, node), "MPI_Allgather");
  MPI_Comm_free(&node);
  NodePlace place{.worker = session.scheduler() ? -1 : 0, .workers = 0};
  for (const int other : ranks) {
    if (other != 0) ++place.workers;
    if (other != 0 && other < rank) ++place.worker;
  }
  return place;
}

}  // namespace lorasweep
