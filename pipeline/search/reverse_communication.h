// SPDX-License-Identifier: Apache-2.0
// Lets a search algorithm be written straight down, as if it could evaluate, and be seen from outside as ask
// and tell.
#pragma once

#include "pipeline/search/optimizer.h"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <span>
#include <utility>
#include <vector>

namespace lorasweep {

/// Points that do not depend on each other's objectives.
using Generation = std::vector<Weights>;

/// A search algorithm as a coroutine that never returns:
///   `const double f = co_yield point;`                       one point
///   `const std::vector<double> f = co_yield generation;`     several, which may be evaluated at once
/// The objectives it gets are finite. It knows no budget: it is simply not resumed any more. Parameters must
/// be values, for they live in the coroutine, which outlives the call; what is yielded must not be a braced
/// list, which g++ 12 cannot compile there.
class SearchAlgorithm {
 public:
  class promise_type;

  SearchAlgorithm(SearchAlgorithm&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  SearchAlgorithm& operator=(SearchAlgorithm&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~SearchAlgorithm() {
    if (coroutine_) coroutine_.destroy();
  }

  /// Runs the algorithm to its next points, handing over the objectives of the last ones (none at first).
  Generation advance(std::vector<double> objectives);

 private:
  explicit SearchAlgorithm(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
  std::coroutine_handle<promise_type> coroutine_;
};

class SearchAlgorithm::promise_type {
 public:
  SearchAlgorithm get_return_object() {
    return SearchAlgorithm(std::coroutine_handle<promise_type>::from_promise(*this));
  }
  std::suspend_always initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept { return {}; }
  void return_void() {}
  void unhandled_exception() { failure_ = std::current_exception(); }

  auto yield_value(Generation points) {
    struct Evaluated : std::suspend_always {
      promise_type& promise;
      std::vector<double> await_resume() { return std::move(promise.objectives_); }
    };
    points_ = std::move(points);
    return Evaluated{{}, *this};
  }
  auto yield_value(Weights point) {
    struct Evaluated : std::suspend_always {
      promise_type& promise;
      double await_resume() { return promise.objectives_.front(); }
    };
    points_.assign(1, std::move(point));
    return Evaluated{{}, *this};
  }

 private:
  friend SearchAlgorithm;
  Generation points_;
  std::vector<double> objectives_;
  std::exception_ptr failure_;
};

/// An algorithm as an Optimizer that proposes exactly `budget` points; the last generation is cut where the
/// budget ends.
class ReverseCommunication final : public Optimizer {
 public:
  ReverseCommunication(SearchAlgorithm algorithm, std::size_t budget);

  std::vector<Weights> ask(std::size_t at_most) override;
  /// Throws InternalError for more objectives than points that were asked and not yet told.
  void tell(std::span<const double> objectives) override;

 private:
  SearchAlgorithm algorithm_;
  std::size_t unproposed_;          // what is left of the budget after this generation
  Generation generation_;           // the points of which objectives are awaited
  std::size_t asked_ = 0;           // how many of them were handed out
  std::vector<double> objectives_;  // told so far, of the points handed out
  void next_generation();
};

}  // namespace lorasweep
