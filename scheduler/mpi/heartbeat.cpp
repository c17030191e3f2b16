// SPDX-License-Identifier: Apache-2.0
// The thread that gives and hears signs of life, over persistent requests of MPI: a few for each peer.
#include "scheduler/mpi/heartbeat.h"

#include "data/core/error.h"
#include "scheduler/mpi/mpi_call.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <limits>
#include <utility>

namespace lorasweep {
namespace {

using std::chrono::nanoseconds;

constexpr int sign_tag = 2;  // letters have 1
constexpr std::int64_t never_due = std::numeric_limits<std::int64_t>::max();

// Has the other side taken what was sent by it last, if anything?
bool taken(MPI_Request& request) {
  int flag = 0;
  return MPI_Test(&request, &flag, MPI_STATUS_IGNORE) == MPI_SUCCESS && flag != 0;
}

// A thread that gets no signals: they are for the main thread, whose waits they may end.
template <typename Body>
std::thread thread_without_signals(Body body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

// The main thread cannot be got out of it.
[[noreturn]] void end_in_hung_call() {
  std::cerr << "a call of MPI does not return: another rank was lost meanwhile; resume the sweep" << std::endl;
  ::_exit(static_cast<int>(ExitCode::interrupted));
}

}  // namespace

struct Heartbeat::Sign {
  std::int32_t blocked = 0;
  std::int32_t leaves = 0;
};

struct Heartbeat::Peer {
  struct Letter {
    Sign sign;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  std::array<Letter, 4> out;  // several, for one may have to be followed by its opposite before it is taken
  std::atomic<std::int64_t> heard_at_ns = 0;  // in listened time
  std::atomic<std::uint64_t> signs = 0;
  std::atomic<bool> blocked = false, left = false;
};

Heartbeat::Heartbeat(int rank, int size, std::timed_mutex& turn, const Waits& waits)
    : rank_(rank),
      peers_(rank == 0 ? size - 1 : 1),
      turn_(turn),
      waits_(waits),
      table_(std::make_unique<Peer[]>(static_cast<std::size_t>(peers_))),
      main_due_ns_(never_due) {
  for (int i = 0; i < peers_; ++i) {
    const int to = rank == 0 ? i + 1 : 0;
    for (Peer::Letter& letter : table_[i].out)
      check_mpi(MPI_Send_init(&letter.sign, sizeof(Sign), MPI_BYTE, to, sign_tag, MPI_COMM_WORLD, &letter.request),
                "MPI_Send_init");
  }
  thread_ = thread_without_signals([this] { run(); });
}

Heartbeat::~Heartbeat() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  end_.notify_one();
  thread_.join();
  const std::scoped_lock turn(turn_);
  bool all_taken = true;
  for (int i = 0; i < peers_; ++i)
    for (Peer::Letter& letter : table_[i].out) {
      const bool is_taken = taken(letter.request);
      all_taken = all_taken && is_taken;
      if (is_taken) MPI_Request_free(&letter.request);
    }
  if (!all_taken) static_cast<void>(table_.release());  // MPI may still read it
}

Heartbeat::Peer& Heartbeat::peer(int rank) const { return table_[rank_ == 0 ? rank - 1 : 0]; }

nanoseconds Heartbeat::silence(int rank) const { return nanoseconds(listened_ns_ - peer(rank).heard_at_ns); }
std::uint64_t Heartbeat::signs(int rank) const { return peer(rank).signs; }
bool Heartbeat::left(int rank) const { return peer(rank).left; }
bool Heartbeat::lost(int rank) const {
  return left(rank) || silence(rank) > (peer(rank).blocked ? waits_.blocked : waits_.silent);
}

void Heartbeat::expect_me(nanoseconds within) { main_due_ns_ = listened_ns_ + within.count(); }
void Heartbeat::expect_me_no_more() { main_due_ns_ = never_due; }

void Heartbeat::say_that_i_leave() {
  leaving_ = true;
  const std::scoped_lock turn(turn_);
  give_signs();
}

void Heartbeat::enter_blocking_call() {
  blocking_ = true;
  give_signs();
}
// At once: who dies right after it must not be waited for as if it were still in the call.
void Heartbeat::leave_blocking_call() {
  blocking_ = false;
  give_signs();
}

// A round that lasts longer than a beat was one in which this process was stopped, or had no turn: it counts as a beat.
void Heartbeat::run() {
  using Clock = std::chrono::steady_clock;
  const nanoseconds round = nanoseconds(waits_.beat) / 4;
  Clock::time_point last_round = Clock::now(), last_sign = last_round - waits_.beat;
  for (std::unique_lock lock(mutex_); !end_.wait_for(lock, round, [&] { return ended_; });) {
    const std::unique_lock turn(turn_, waits_.blocked);
    if (!turn) end_in_hung_call();
    listen();
    const Clock::time_point now = Clock::now();
    listened_ns_ += std::min<nanoseconds>(now - last_round, waits_.beat).count();
    last_round = now;
    if (now - last_sign < waits_.beat) continue;
    last_sign = now;
    if (listened_ns_ <= main_due_ns_) give_signs();
  }
}

void Heartbeat::listen() {
  for (;;) {
    int there = 0;
    MPI_Status status;
    if (MPI_Iprobe(MPI_ANY_SOURCE, sign_tag, MPI_COMM_WORLD, &there, &status) != MPI_SUCCESS || there == 0) return;
    Sign sign;
    if (MPI_Recv(&sign, sizeof sign, MPI_BYTE, status.MPI_SOURCE, sign_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE) !=
        MPI_SUCCESS)
      return;
    Peer& from = peer(status.MPI_SOURCE);
    from.heard_at_ns = listened_ns_.load();
    from.blocked = sign.blocked != 0;
    if (sign.leaves != 0) from.left = true;
    ++from.signs;
  }
}

// Who has taken none of the last ones gets no further one, so that they do not pile up for a dead rank.
void Heartbeat::give_signs() {
  for (int i = 0; i < peers_; ++i) {
    auto& out = table_[i].out;
    const auto free = std::ranges::find_if(out, [](Peer::Letter& letter) { return taken(letter.request); });
    if (free == out.end()) continue;
    free->sign = {.blocked = blocking_ ? 1 : 0, .leaves = leaving_ ? 1 : 0};
    MPI_Start(&free->request);
  }
}

}  // namespace lorasweep
