// SPDX-License-Identifier: Apache-2.0
// MPI_Init_thread, MPI_Finalize, and leaving without the latter.
#include "scheduler/mpi/mpi_session.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "data/core/error.h"
#include "data/core/memory.h"
#include "scheduler/mpi/mpi_call.h"

namespace lorasweep {

std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  check_mpi(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  const std::string all(text.data(), static_cast<std::size_t>(length));
  return all.substr(0, all.find_first_of("\n\r"));
}

bool MpiSession::launched() {
  // mpirun sets the first, every PMIx launcher (srun --mpi=pmix) the second.
  return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMIX_RANK") != nullptr;
}

MpiSession::MpiSession() : exceptions_at_start_(std::uncaught_exceptions()) {
  int initialized = 0;
  check_mpi(MPI_Initialized(&initialized), "MPI_Initialized");
  if (initialized != 0) {
    throw InternalError("MPI can be started only once in a process", "MpiSession");
  }
  // With less, Open MPI begins without some of its parts, and then waits for ranks that have them (seen in 4.1).
  require_memory(std::size_t{128} << 20);
  int provided = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
  if (provided < MPI_THREAD_FUNNELED) {
    throw InternalError("this MPI was built without thread support", "MPI_Init_thread");
  }
}

MpiSession::~MpiSession() {
  if (may_meet()) {
    MPI_Finalize();
  }
}

bool MpiSession::may_meet() const {
  const bool leaving_alone = std::uncaught_exceptions() > exceptions_at_start_ && !parting_;
  return !lost_ && !leaving_alone;
}

void MpiSession::finish_without_peers(int exit_code) const {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  ::_exit(exit_code);
}

}  // namespace lorasweep
