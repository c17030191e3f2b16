// SPDX-License-Identifier: Apache-2.0
// Signs of life between rank 0 and each worker, from a thread that waits for nothing else: neither for a disk nor for
// what a process computes.
//
// MPI raises no error for a rank that is gone; silence is all there is to see. A rank that is killed falls silent, and
// so does one that is stopped. A sign says also what will come of it:
//
//   "hear me again soon"     the rule
//   "not before I return"    the rank enters a call of MPI that keeps this thread out, too (Waits::blocked)
//   "I leave"                its process ends without waiting for anybody
//
// And a rank whose main thread hangs must not look alive for ever: while a sweep runs, rank 0's main thread says within
// what time it will be back (expect_me), and the signs end with that time.
#pragma once

#include "scheduler/waits.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace lorasweep {

/// Rank 0 hears all workers, a worker rank 0 only. What takes a rank may be called by the main thread, without a lock.
class Heartbeat {
 public:
  /// `turn`: who holds it may call MPI. Both must outlive it.
  Heartbeat(int rank, int size, std::timed_mutex& turn, const Waits& waits);
  /// Ends the thread. Signs on their way to ranks that do not take them are abandoned.
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// How long this process has listened in vain since it heard the rank.
  std::chrono::nanoseconds silence(int rank) const;
  /// How often it was heard.
  std::uint64_t signs(int rank) const;
  /// It said that it leaves, or it is silent for too long.
  bool lost(int rank) const;
  bool left(int rank) const;

  /// The main thread will call again within this time; nothing: it promises no more.
  void expect_me(std::chrono::nanoseconds within);
  void expect_me_no_more();

  /// Tells the others, which must not have to find out by silence. The thread goes on.
  void say_that_i_leave();
  /// To be called with the turn taken, before and after a call of MPI that does not return before others come.
  void enter_blocking_call();
  void leave_blocking_call();

 private:
  struct Sign;
  struct Peer;

  void run();
  void listen();
  void give_signs();
  Peer& peer(int rank) const;

  const int rank_, peers_;
  std::timed_mutex& turn_;
  const Waits waits_;
  std::unique_ptr<Peer[]> table_;  // of rank 0: the workers by rank - 1; of a worker: rank 0
  std::atomic<std::int64_t> listened_ns_ = 0;
  std::atomic<std::int64_t> main_due_ns_;  // in listened time
  std::atomic<bool> leaving_ = false;
  bool blocking_ = false;  // under the turn
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace lorasweep
