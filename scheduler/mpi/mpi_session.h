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
//   all      together ──▶ MPI_Finalize          alone ──▶ lose_peers, no MPI_Finalize
//
//   A worker that hears nothing from rank 0 for scheduler_lost (farewell_awaited, once told to stop) leaves alone with
//   an Error (interrupted); so does every rank that an exception carries out before all have parted.
//
// What a session knows of it:
//
//   all are there ──part()──▶ parting: all know that the job ends here; MPI_Finalize even below an exception
//        │ lose_peers()          │ lose_peers()
//        ▼                       ▼
//       lost: nobody may be waited for any more
#pragma once

#include <string>

namespace lorasweep {

/// "Open MPI v4.1.4, ..."; may be asked without a session.
std::string mpi_version();

/// One per process, in main, before any thread that uses MPI. Only the thread that made it may call MPI
/// (MPI_THREAD_FUNNELED).
class MpiSession {
 public:
  /// Did a launcher (mpirun, srun --mpi=pmix) start this process? If not, make no session: nothing here needs
  /// MPI then.
  static bool launched();

  MpiSession();
  /// Finalizes, which waits for all ranks; skips that when it could wait for ever (see may_meet).
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool scheduler() const { return rank_ == 0; }

  /// Some rank is gone or out of step: from now on nothing may wait for all ranks.
  void lose_peers() { lost_ = true; }
  /// All ranks know that the job ends here (start_steps.h): they leave in step even when an exception carries them.
  void part() { parting_ = true; }
  /// May this process still wait for all ranks? Not after a loss, nor while an exception of its own takes it
  /// away.
  bool may_meet() const;

  /// Leaves at once: flushes the standard streams, runs no destructors, waits for nobody. Save everything
  /// first.
  [[noreturn]] void finish_without_peers(int exit_code) const;

 private:
  int rank_ = 0;
  int size_ = 1;
  int exceptions_at_start_ = 0;
  bool lost_ = false;
  bool parting_ = false;
};

}  // namespace lorasweep
