// SPDX-License-Identifier: Apache-2.0
// MPI_Init_thread, MPI_Finalize, and leaving without the latter.
#include "scheduler/mpi/mpi_session.h"

#include "data/core/error.h"
#include "data/core/memory.h"
#include "scheduler/mpi/mpi_call.h"
#include "scheduler/mpi/nap.h"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

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

MpiSession::MpiSession(const Waits& waits) : waits_(waits), exceptions_at_start_(std::uncaught_exceptions()) {
  int initialized = 0;
  check_mpi(MPI_Initialized(&initialized), "MPI_Initialized");
  if (initialized != 0) throw InternalError("MPI can be started only once in a process", "MpiSession");
  // With less, Open MPI begins without some of its parts, and then waits for ranks that have them (seen in 4.1).
  require_memory(std::size_t{128} << 20);
  // Inside its own calls Open MPI leaves the core to others only where it counts more ranks than slots, and a node may
  // have more slots than cores. Who says otherwise wins.
  ::setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  int provided = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
  if (provided < MPI_THREAD_SERIALIZED)
    throw InternalError("this MPI was built without thread support", "MPI_Init_thread");
  heartbeat_ = std::make_unique<Heartbeat>(rank_, size_, turn_, waits_);
  // Nodes finish it each in its own time, which is long where many ranks share few cores: nobody is lost meanwhile.
  await_all();
  const BlockingCall call(*this);
  on_node_ = other_processes_on_node();
}

MpiSession::~MpiSession() {
  heartbeat_->expect_me_no_more();
  if (may_meet() && all_come_to_the_end()) {
    heartbeat_.reset();
    MPI_Finalize();
  } else {
    leave_alone();
  }
}

bool MpiSession::may_meet() const {
  const bool leaving_alone = std::uncaught_exceptions() > exceptions_at_start_ && !parting_;
  return !lost_ && !leaving_alone;
}

void MpiSession::leave_after_rank_0() {
  lose_peers();
  after_rank_0_ = !scheduler();
}

void MpiSession::require_peers() const {
  const auto lost = [&](int rank, const std::string& what) {
    const std::string seconds =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(heartbeat_->silence(rank)).count());
    throw Error(
        ExitCode::interrupted, (scheduler() ? "rank " : "worker ") + std::to_string(scheduler() ? rank : rank_),
        heartbeat_->left(rank) ? what + " has left" : "nothing was heard from " + what + " for " + seconds + " s",
        "resume the sweep");
  };
  if (!scheduler()) {
    if (heartbeat_->lost(0)) lost(0, "the scheduler (rank 0)");
    return;
  }
  for (int rank = 1; rank < size_; ++rank)
    if (heartbeat_->lost(rank)) lost(rank, "this worker");
}

void MpiSession::wait_until(const std::function<bool()>& done) const {
  for (Nap nap; !done(); nap.rest(std::chrono::seconds(1))) require_peers();
}

void MpiSession::await_all() const {
  MPI_Request request = MPI_REQUEST_NULL;
  {
    const auto holding = turn();
    check_mpi(MPI_Ibarrier(MPI_COMM_WORLD, &request), "MPI_Ibarrier");
  }
  wait_until([&] {
    const auto holding = turn();
    int done = 0;
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    return done != 0;
  });
}

// Rank 0 may come late: it writes the results first. The others see that it lives.
bool MpiSession::all_come_to_the_end() const {
  try {
    await_all();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void MpiSession::leave_alone() {
  const auto look = waits_.beat / 4;
  while (after_rank_0_ && !heartbeat_->lost(0)) std::this_thread::sleep_for(look);
  heartbeat_->say_that_i_leave();
  heartbeat_.reset();
  for (const ProcessId& process : on_node_) end_if_stopped(process);
}

void MpiSession::finish_without_peers(int exit_code) {
  std::cout.flush();
  std::cerr.flush();
  leave_alone();
  std::fflush(nullptr);
  ::_exit(exit_code);
}

}  // namespace lorasweep
