// SPDX-License-Identifier: Apache-2.0
// Rank 0 cannot start (bad input): an exception carries it out, the others leave quietly, MPI is finalized
// and mpirun content.
#include <cstdlib>
#include <exception>
#include <iostream>

#include "data/core/error.h"
#include "scheduler/mpi/broadcast.h"

int main() {
  using namespace lorasweep;
  bool refused = false;
  try {
    MpiSession session;
    std::exception_ptr failure;
    try {
      if (session.scheduler()) {
        throw InputError("tasks.json", "it is not JSON");
      }
    } catch (const InputError&) {
      failure = std::current_exception();
    }
    if (agree(session, !failure)) {
      std::cerr << "nobody noticed\n";
      return EXIT_FAILURE;
    }
    if (failure) {
      std::rethrow_exception(failure);
    }
    return EXIT_SUCCESS;
  } catch (const InputError&) {
    refused = true;
  }
  return refused ? EXIT_SUCCESS : EXIT_FAILURE;
}
