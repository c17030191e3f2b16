// SPDX-License-Identifier: Apache-2.0
// This process as a rank of an MPI job: start, end, and the end that does not wait for ranks that are lost.
//
// How a job ends (MpiTransport::close on rank 0, run_mpi_worker on the others; the times are those of
// scheduler/waits.h):
//
//   worker   serving ──Stop──▶ stopping ──its work loop returned─────────▶ parted, together ─┐
//               │                 └──────still at work after stop_grace──▶ parted, alone ────┤
//               └──its work loop ended by itself, it says why────────────▶ parted, together ─┤
//                                                                                            │
//   rank 0   open ──close, Stop to all──▶ awaiting goodbyes ◀──────────────Parting───────────┘
//                                              │ all have parted, or are not heard for not_awaited; at most `goodbyes`
//                                              ▼
//                                           farewell: together, if everybody parted so; else alone
//                                              │ Parting to all, which gets farewell_taken
//                                              ▼
//   all      together ──▶ all come to the end, ──▶ MPI_Finalize       alone ──▶ lose_peers, no MPI_Finalize; workers
//                         which rank 0 may be                                   wait until rank 0 has left
//                         late for: it saves
//
//   A worker that has lost rank 0 (heartbeat.h) leaves alone with an Error (interrupted); so does every rank that an
//   exception carries out before all have parted, and everybody if a rank is lost in the start. Who leaves alone says
//   so, and ends the processes of its node that are stopped: they would keep the launcher waiting.
//
// What a session knows of it:
//
//   all are there ──part()──▶ parting: all know that the job ends here; MPI_Finalize even below an exception
//        │ lose_peers()          │ lose_peers()
//        ▼                       ▼
//       lost: nobody may be waited for any more
#pragma once

#include "scheduler/mpi/heartbeat.h"
#include "scheduler/mpi/node_peers.h"
#include "scheduler/waits.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lorasweep {

/// "Open MPI v4.1.4, ..."; may be asked without a session.
std::string mpi_version();

/// One per process, in main, before any thread that uses MPI. Who holds the turn may call MPI (MPI_THREAD_SERIALIZED):
/// the thread that made the session, and the heartbeat's.
class MpiSession {
 public:
  /// Did a launcher (mpirun, srun --mpi=pmix) start this process? If not, make no session: nothing here needs MPI then.
  static bool launched();

  explicit MpiSession(const Waits& waits = {});
  /// Finalizes, which waits for all ranks; skips that when it could wait for ever (see may_meet).
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool scheduler() const { return rank_ == 0; }
  const Waits& waits() const { return waits_; }
  Heartbeat& heartbeat() const { return *heartbeat_; }

  /// Some rank is gone or out of step: from now on nothing may wait for all ranks.
  void lose_peers() { lost_ = true; }
  /// All ranks know that the job ends here (start_steps.h): they leave in step even when an exception carries them.
  void part() { parting_ = true; }
  /// May this process still wait for all ranks? Not after a loss, nor while an exception of its own takes it away.
  bool may_meet() const;
  /// A worker that leaves alone as rank 0 told it to: it leaves after rank 0, which may be saving. Many launchers end a
  /// job, rank 0 included, as soon as one process has ended without MPI_Finalize.
  void leave_after_rank_0();

  /// The turn, to be held for a call that returns at once.
  std::unique_lock<std::timed_mutex> turn() const { return std::unique_lock(turn_); }
  /// Throws Error (interrupted) if this process waits in vain: a worker that has lost rank 0, rank 0 that has lost a
  /// worker. To be asked again and again by whoever waits for all ranks.
  void require_peers() const;
  /// Waits until `done` says so, without burning a core. Throws as require_peers().
  void wait_until(const std::function<bool()>& done) const;

  /// Leaves at once: flushes the standard streams, runs no destructors, waits for nobody but rank 0 where it was told
  /// to. Save everything first.
  [[noreturn]] void finish_without_peers(int exit_code);

 private:
  void await_all() const;
  bool all_come_to_the_end() const;
  void leave_alone();

  const Waits waits_;
  int rank_ = 0;
  int size_ = 1;
  int exceptions_at_start_ = 0;
  bool lost_ = false;
  bool parting_ = false;
  bool after_rank_0_ = false;
  mutable std::timed_mutex turn_;
  std::vector<ProcessId> on_node_;
  std::unique_ptr<Heartbeat> heartbeat_;
};

/// A call of MPI that does not return before other ranks come: holds the turn, and tells the others that this process
/// gives no sign of life meanwhile. They must have met right before, so that it is short.
class BlockingCall {
 public:
  explicit BlockingCall(const MpiSession& session) : session_(session), turn_(session.turn()) {
    session_.heartbeat().enter_blocking_call();
  }
  ~BlockingCall() { session_.heartbeat().leave_blocking_call(); }
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;

 private:
  const MpiSession& session_;
  std::unique_lock<std::timed_mutex> turn_;
};

}  // namespace lorasweep
