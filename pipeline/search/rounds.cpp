// SPDX-License-Identifier: Apache-2.0
// An optimizer for each round, over its own numbers; the others are filled in.
#include "pipeline/search/rounds.h"

#include "data/core/error.h"
#include "pipeline/search/objective.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

class Rounds final : public Optimizer {
 public:
  explicit Rounds(const RoundsOptions& options) : options_(options), kept_(options.search.dimension, 0.0) { start(); }

  std::vector<Weights> ask(std::size_t at_most) override {
    std::vector<Weights> points;
    for (const Weights& own : optimizer_->ask(std::min(at_most, budget_ - asked_))) {
      Weights whole = kept_;
      std::ranges::copy(own, whole.begin() + static_cast<std::ptrdiff_t>(first_));
      points.push_back(std::move(whole));
    }
    asked_ += points.size();
    out_.insert(out_.end(), points.begin(), points.end());
    return points;
  }

  // A round's points are all told before the next one's are asked.
  void tell(std::span<const double> objectives) override {
    for (const double objective : objectives) {
      if (out_.empty()) throw InternalError("an objective of a point that no round asked for");
      if (may_be_best(objective) && (!may_be_best(lowest_) || objective < lowest_)) {
        lowest_ = objective;
        best_ = std::move(out_.front());
      }
      out_.pop_front();
      ++told_;
    }
    optimizer_->tell(objectives);
    if (told_ < budget_ || round_ + 1 == options_.rounds) return;
    ++round_;
    if (!best_.empty()) kept_ = best_;
    start();
  }

 private:
  static std::size_t share(std::size_t all, std::size_t number, std::size_t rounds) { return all * number / rounds; }

  void start() {
    const std::size_t places = options_.search.dimension / options_.adapters, rounds = options_.rounds;
    first_ = share(options_.adapters, round_, rounds) * places;
    budget_ = share(options_.search.budget, round_ + 1, rounds) - share(options_.search.budget, round_, rounds);
    asked_ = told_ = 0;
    const bool is_known = round_ > 0;  // the objective of its first point
    OptimizerOptions own = options_.search;
    own.dimension = share(options_.adapters, round_ + 1, rounds) * places - first_;
    own.budget = budget_ + (is_known ? 1 : 0);
    own.stream += std::uint64_t{round_} << 32;
    optimizer_ = make_optimizer(own);
    if (!is_known) return;
    optimizer_->ask(1);
    optimizer_->tell({&lowest_, 1});
  }

  RoundsOptions options_;
  std::unique_ptr<Optimizer> optimizer_;           ///< of this round
  Weights kept_;                                   ///< all numbers as this round begins
  std::size_t round_ = 0, first_ = 0;              ///< which, and the first number of its own
  std::size_t budget_ = 0, asked_ = 0, told_ = 0;  ///< points of this round
  std::deque<Weights> out_;                        ///< asked, and not told
  Weights best_;                                   ///< of all rounds; none: none had a finite objective
  double lowest_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace

std::unique_ptr<Optimizer> make_rounds(const RoundsOptions& options) {
  if (options.rounds == 1) return make_optimizer(options.search);
  if (options.rounds < 1 || options.rounds > options.adapters || options.rounds > options.search.budget)
    throw ConfigError("search.rounds",
                      std::to_string(options.rounds) + " rounds of " + std::to_string(options.adapters) +
                          " adapters and " + std::to_string(options.search.budget) + " evaluations",
                      "give every round an adapter and an evaluation");
  return std::make_unique<Rounds>(options);
}

}  // namespace lorasweep
