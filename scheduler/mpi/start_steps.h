// SPDX-License-Identifier: Apache-2.0
// A start that rank 0 and its workers go through together, written once, as a list of steps that both sides run.
//
// Rank 0 announces each step by its name before the step begins, so that it may do other things between two steps, and
// may dismiss the workers between any two. A worker that hears another name than the next one of its own list refuses.
//
//   rank 0   prepare alone ──▶ announce ──▶ run ──▶ ... prepare alone ──▶ announce ──▶ run ──▶ started
//                │ throws                                   │ throws
//                ▼                                          ▼
//            dismiss: all leave in step, rank 0's exception says why
//
//   workers                    hear ─────▶ run ──▶ ...                    hear ─────▶ run ──▶ started
//
// An exception out of the middle of a step leaves alone, unless all sides throw it and have parted (MpiSession::part).
#pragma once

#include "data/core/error.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/mpi_session.h"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>

namespace lorasweep {

/// A step has a half for either side. The two make the same collective calls in the same order. Where there is a third
/// function prepare(Scheduler&), rank 0 does that alone before the step is announced, and it may fail.
template <typename Step, typename Scheduler, typename Worker>
concept StartStep = requires(Scheduler& scheduler, Worker& worker) {
  { Step::name } -> std::convertible_to<std::string_view>;
  Step::run(scheduler);
  Step::run(worker);
};

/// What rank 0 announces instead of a step when there is nothing for the workers to do.
inline constexpr std::string_view dismissal = "dismissed";

consteval bool all_differ(std::initializer_list<std::string_view> announcements) {
  for (auto one = announcements.begin(); one != announcements.end(); ++one)
    if (std::find(announcements.begin(), one, *one) != one) return false;
  return true;
}

/// What both sides run. A step with one half only does not compile, nor do two of one name.
template <typename Scheduler, typename Worker, StartStep<Scheduler, Worker>... Steps>
struct StartSteps {
  using SchedulerSide = Scheduler;
  using WorkerSide = Worker;

  static constexpr std::uint32_t count = sizeof...(Steps);
  template <typename Step>
  static constexpr bool has = (std::same_as<Step, Steps> || ...);

  static_assert(all_differ({dismissal, Steps::name...}), "workers know a step by its name");

  /// Calls visit.operator()<Step>() for one step after the other until it returns false; true if it never did.
  template <typename Visit>
  static bool for_each(Visit&& visit) {
    return (visit.template operator()<Steps>() && ...);
  }
};

/// Rank 0's way through the list. `side` and the session must outlive it.
template <typename List>
class StartLeader {
 public:
  StartLeader(MpiSession& mpi, typename List::SchedulerSide& side) : mpi_(mpi), side_(side) {}
  /// Where steps are left the workers are dismissed. Not after an exception out of the middle of a step: nobody knows
  /// then which collective call the others are in.
  ~StartLeader() {
    if (taken_ == List::count || inside_) return;
    try {
      announce(dismissal);
      mpi_.part();
    } catch (const std::exception&) {
      mpi_.lose_peers();  // a destructor can say no more; without this the process might wait for ever
    }
  }
  StartLeader(const StartLeader&) = delete;
  StartLeader& operator=(const StartLeader&) = delete;

  /// Takes the steps up to and including this one.
  template <typename Last>
  requires(List::template has<Last>) void take_through() {
    take_until([]<typename Step>() { return std::same_as<Step, Last>; });
  }
  void take_all() {
    take_until([]<typename Step>() { return false; });
  }

 private:
  template <typename IsLast>
  void take_until(IsLast is_last) {
    std::uint32_t number = 0;
    List::for_each([&]<typename Step>() {
      if (number++ == taken_) take<Step>();
      return !is_last.template operator()<Step>();
    });
  }
  template <typename Step>
  void take() {
    if constexpr (requires { Step::prepare(side_); }) Step::prepare(side_);
    inside_ = true;
    announce(Step::name);
    Step::run(side_);
    inside_ = false;
    ++taken_;
  }
  void announce(std::string_view what) {
    std::string bytes(what);
    broadcast_bytes(mpi_, bytes);
  }

  MpiSession& mpi_;
  typename List::SchedulerSide& side_;
  std::uint32_t taken_ = 0;
  bool inside_ = false;  // a step
};

/// A worker's way through the list. False: rank 0 dismissed it, and says itself why. InternalError if rank 0 runs
/// another list.
template <typename List>
bool follow_start(MpiSession& mpi, typename List::WorkerSide& side) {
  return List::for_each([&]<typename Step>() {
    std::string announced;
    broadcast_bytes(mpi, announced);
    if (announced == dismissal) {
      mpi.part();
      return false;
    }
    if (announced != Step::name)
      throw InternalError("rank 0 starts with the step \"" + announced + "\" where this rank has \"" +
                              std::string(Step::name) + "\": all ranks must run the same program",
                          "start");
    Step::run(side);
    return true;
  });
}

}  // namespace lorasweep
