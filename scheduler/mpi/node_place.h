// SPDX-License-Identifier: Apache-2.0
// Which of a node's workers a rank is, for choosing among the node's devices.
#pragma once

#include "scheduler/mpi/mpi_session.h"

namespace lorasweep {

struct NodePlace {
  int worker = 0;   ///< of the workers of this node, by rank; -1 on rank 0, which is none
  int workers = 0;  ///< of this node
};

/// Collective: every rank calls it, in the same order as other collectives.
NodePlace place_on_node(const MpiSession& session);

}  // namespace lorasweep
