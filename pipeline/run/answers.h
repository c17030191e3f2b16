// SPDX-License-Identifier: Apache-2.0
// The answers to one test set: which are waiting, with a worker, and known.
#pragma once

#include "data/journal/record.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

class Answers {
 public:
  /// `examples`: indices into the catalogue; must outlive it.
  Answers(Subject of, std::uint32_t index, std::span<const std::int32_t> examples)
      : of_(of),
        index_(index),
        examples_(examples),
        state_(examples.size(), State::waiting),
        missing_(examples.size()),
        wanted_(examples.size()) {}

  Subject of() const { return of_; }
  std::uint32_t index() const { return index_; }  ///< its search, or its task for a baseline
  std::size_t size() const { return examples_.size(); }
  std::size_t missing() const { return missing_; }
  std::size_t wanted() const { return wanted_; }  ///< neither with a worker nor known
  std::int32_t example(std::uint32_t position) const { return examples_[position]; }

  bool ready() const { return ready_ && !given_up_; }
  void make_ready() { ready_ = true; }  ///< a search's weights are known; baselines are ready from the start
  void give_up() { given_up_ = true; }
  bool given_up() const { return given_up_; }
  bool done() const { return given_up_ || missing_ == 0; }

  /// Positions that are neither with a worker nor known, at most `count`; they count as being with a worker afterwards.
  std::vector<std::uint32_t> take(std::size_t count) {
    std::vector<std::uint32_t> taken;
    for (; wanted_ > 0 && taken.size() < count; ++next_) {
      if (state_[next_] != State::waiting) continue;
      state_[next_] = State::with_worker;
      --wanted_;
      taken.push_back(static_cast<std::uint32_t>(next_));
    }
    return taken;
  }
  /// False if there is no such position or its answer is known already.
  [[nodiscard]] bool record(std::uint32_t position) {
    if (position >= state_.size() || state_[position] == State::known) return false;
    if (state_[position] == State::waiting) --wanted_;
    state_[position] = State::known;
    --missing_;
    return true;
  }

 private:
  enum class State : std::uint8_t { waiting, with_worker, known };
  Subject of_;
  std::uint32_t index_;
  std::span<const std::int32_t> examples_;
  std::vector<State> state_;
  std::size_t missing_, wanted_, next_ = 0;
  bool ready_ = false, given_up_ = false;
};

}  // namespace lorasweep
