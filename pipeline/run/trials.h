// SPDX-License-Identifier: Apache-2.0
// The trials of a sweep: which can be evaluated now, which are with a worker, and what came of them.
#pragma once

#include "data/journal/record.h"
#include "pipeline/plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace lorasweep {

class Trials {
 public:
  /// The plan must outlive it. Trials are numbered as in Plan::trials.
  explicit Trials(const Plan& plan);

  const PlannedTrial& planned(std::size_t trial) const { return plan_.trials.at(trial); }
  std::optional<std::size_t> find(Trial kind, std::uint32_t index, std::uint32_t position) const;

  /// What it tries is known, so that take() may hand it out. Screens are so from the start.
  void make_ready(std::size_t trial);
  /// It will not be known, so the trial is not wanted any more. Not for one that is with a worker.
  void drop(std::size_t trial);
  /// The next ones that nobody has, at most `at_most`: screens, or all others. They are with a worker then.
  std::vector<std::size_t> take(bool screens, std::size_t at_most);
  std::size_t waiting(bool screens) const { return (screens ? screens_ : others_).waiting; }
  /// False if there is no such trial, or it is settled already.
  [[nodiscard]] bool record(const TrialRecord& record);

  bool settled(std::size_t trial) const { return state_.at(trial) == State::settled; }
  bool finished() const { return recorded_ == wanted_; }
  std::size_t recorded() const { return recorded_; }
  std::size_t wanted() const { return wanted_; }

  /// Whether every adapter that is to be tried alone on these shots has been.
  bool screened(std::int32_t set_of_shots) const { return missing_.at(set_of_shots) == 0; }
  struct Outcome {
    double loss = 0;
    std::vector<double> nll;
  };
  /// Of an adapter alone, which must have been recorded.
  const Outcome& alone(std::int32_t set_of_shots, std::int32_t adapter) const {
    return alone_.at({set_of_shots, adapter});
  }

 private:
  enum class State : std::uint8_t { unknown, waiting, with_worker, settled };
  struct Queue {
    std::deque<std::size_t> trials;  ///< waiting, and some that were settled meanwhile
    std::size_t waiting = 0;
  };
  Queue& queue_of(std::size_t trial) { return planned(trial).kind == Trial::screen ? screens_ : others_; }

  const Plan& plan_;
  std::vector<State> state_;
  Queue screens_, others_;
  std::vector<std::size_t> missing_;  ///< screens, of each set of shots
  std::map<std::pair<std::int32_t, std::int32_t>, Outcome> alone_;
  std::size_t recorded_ = 0, wanted_ = 0;
};

}  // namespace lorasweep
