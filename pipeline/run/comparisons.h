// SPDX-License-Identifier: Apache-2.0
// What stands beside the searches: trials, and what follows from them: which adapters a search has, which of them is
// the best alone, who answers for it.
#pragma once

#include "data/journal/record.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/plan.h"
#include "pipeline/run/trials.h"
#include "pipeline/search/guard.h"
#include "pipeline/search/search.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lorasweep {

/// Adapters of the library, and a weight for each, or of each one for every place. None: the base model.
struct Mixture {
  std::vector<std::int32_t> adapters;
  std::vector<double> weights;
};

class Comparisons {
 public:
  /// All references must outlive it. `shot_tokens`: target tokens of the shots of each set.
  Comparisons(const Plan& plan, const Manifest& manifest, const std::vector<std::vector<std::int32_t>>& shot_tokens);

  Trials& trials() { return trials_; }
  const Trials& trials() const { return trials_; }

  /// In the order of a search's weights; none until the screen of its shots has chosen them.
  const std::vector<std::int32_t>& adapters(std::size_t search) const { return of_search_.at(search).adapters; }
  /// Whether all adapters among which a search's best single one is were tried.
  bool singles_known(std::size_t search) const;
  /// Nothing: not known, or none of them has a finite loss.
  std::optional<std::int32_t> best_single(std::size_t search) const { return of_search_.at(search).best_single; }

  /// False if such a trial is not wanted. Afterwards searches may know their adapters, and their best single one.
  [[nodiscard]] bool record(const TrialRecord& record);
  /// What the guard will need of it.
  void record(const EvaluationRecord& record);
  /// A search found something, or never will: trials of what it found are wanted now, or not any more.
  void finish(std::size_t search, bool found);

  Mixture tried_in(std::size_t trial, const std::vector<Search>& searches) const;
  /// Who answers for a search that found something, by its guard, if it has one. Nothing: that is not known yet.
  std::optional<GuardVerdict> verdict(std::size_t search) const;
  Mixture answering(Subject of, std::size_t search, const Search& found) const;

 private:
  struct OfSearch {
    std::vector<std::int32_t> adapters;
    std::optional<std::int32_t> best_single;
    std::vector<std::vector<double>> nll;  ///< by step; kept for a guard only
    std::vector<double> regularizers;
    std::vector<std::size_t> trials_of_found;  ///< its ablations
    std::optional<std::size_t> uniform;
  };
  void take_screen(std::int32_t set_of_shots);
  void know_adapters(OfSearch& search);
  std::vector<std::int32_t> singles(std::size_t search) const;
  GuardVerdict judge(std::size_t search) const;
  bool has_guard() const { return manifest_.config.search.guard != Guard::none; }
  bool has_singles() const;

  const Plan& plan_;
  const Manifest& manifest_;
  const std::vector<std::vector<std::int32_t>>& shot_tokens_;
  Trials trials_;
  std::vector<OfSearch> of_search_;
};

}  // namespace lorasweep
