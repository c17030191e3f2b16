// SPDX-License-Identifier: Apache-2.0
// MPI-3 shared memory: one allocation by the first rank of each node.
#include "scheduler/mpi/shared_window.h"

#include "data/core/error.h"
#include "scheduler/mpi/collective.h"

#include <cstdint>
#include <exception>
#include <limits>
#include <string>

namespace lorasweep {
namespace {

constexpr std::size_t alignment = 64;

int rank_in(MPI_Comm communicator) {
  int rank = 0;
  check_mpi(MPI_Comm_rank(communicator, &rank), "MPI_Comm_rank");
  return rank;
}

}  // namespace

struct SharedWindow::Handles {
  MPI_Comm node = MPI_COMM_NULL;     // the ranks of this node; its rank 0 is the leader
  MPI_Comm leaders = MPI_COMM_NULL;  // on leaders only
  MPI_Win window = MPI_WIN_NULL;
  int node_rank = 0;

  void split();
  void allocate(std::size_t bytes);
  std::byte* base() const;
  void synchronize(const MpiSession& session) const;
  void free();
};

void SharedWindow::Handles::split() {
  // Ordered by world rank: the node of rank 0 is led by rank 0, and rank 0 is the first of the leaders.
  check_mpi(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node), "MPI_Comm_split_type");
  node_rank = rank_in(node);
  check_mpi(MPI_Comm_split(MPI_COMM_WORLD, node_rank == 0 ? 0 : MPI_UNDEFINED, 0, &leaders), "MPI_Comm_split");
}

void SharedWindow::Handles::allocate(std::size_t bytes) {
  if (bytes > static_cast<std::size_t>(std::numeric_limits<MPI_Aint>::max()) - alignment)
    throw InternalError("a window of " + std::to_string(bytes) + " bytes", "SharedWindow");
  const MPI_Aint own = node_rank == 0 ? static_cast<MPI_Aint>(bytes + alignment) : 0;
  void* unused = nullptr;
  const int code = MPI_Win_allocate_shared(own, 1, MPI_INFO_NULL, node, &unused, &window);
  if (code != MPI_SUCCESS)
    throw StorageError("shared memory of this node", std::to_string(bytes) + " bytes could not be allocated",
                       "give /dev/shm more room");
  check_mpi(MPI_Win_set_errhandler(window, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
  check_mpi(MPI_Win_lock_all(MPI_MODE_NOCHECK, window),
            "MPI_Win_lock_all");  // MPI_Win_sync is allowed inside an epoch only
}

/// The leader's allocation need not be aligned, and everybody must use the same part of it.
std::byte* SharedWindow::Handles::base() const {
  MPI_Aint size = 0;
  int unit = 0;
  void* start = nullptr;
  check_mpi(MPI_Win_shared_query(window, 0, &size, &unit, &start), "MPI_Win_shared_query");
  const auto address = reinterpret_cast<std::uintptr_t>(start);
  std::uint64_t skipped = (alignment - address % alignment) % alignment;
  check_mpi(MPI_Bcast(&skipped, 1, MPI_UINT64_T, 0, node), "MPI_Bcast");
  if ((address + skipped) % alignment != 0)
    throw InternalError("this MPI maps shared memory at unequal offsets in its ranks", "SharedWindow");
  return static_cast<std::byte*>(start) + skipped;
}

void SharedWindow::Handles::synchronize(const MpiSession& session) const {
  const auto turn = session.turn();
  check_mpi(MPI_Win_sync(window), "MPI_Win_sync");
}

void SharedWindow::Handles::free() {
  MPI_Win_unlock_all(window);
  MPI_Win_free(&window);
  if (leaders != MPI_COMM_NULL) MPI_Comm_free(&leaders);
  MPI_Comm_free(&node);
}

SharedWindow::SharedWindow(MpiSession& session, std::size_t bytes)
    : session_(session), handles_(std::make_unique<Handles>()) {
  meet(session, MPI_COMM_WORLD);
  const BlockingCall call(session);
  handles_->split();
  handles_->allocate(bytes);
  data_ = {handles_->base(), bytes};
}

SharedWindow::~SharedWindow() {
  if (!session_.may_meet()) return;
  try {
    meet(session_, MPI_COMM_WORLD);
  } catch (const std::exception&) {
    session_.lose_peers();
    return;
  }
  const BlockingCall call(session_);
  handles_->free();
}

bool SharedWindow::leader() const { return handles_->node_rank == 0; }

void SharedWindow::publish() {
  meet(session_, MPI_COMM_WORLD);
  if (handles_->leaders != MPI_COMM_NULL) broadcast_in_pieces(session_, data_, handles_->leaders);
  handles_->synchronize(session_);
  meet(session_, handles_->node);
  handles_->synchronize(session_);
}

}  // namespace lorasweep
