// SPDX-License-Identifier: Apache-2.0
// Draws conclusions from trials, as far as they are known.
#include "pipeline/run/comparisons.h"

#include "data/core/error.h"
#include "pipeline/manifest/adapters_of_searches.h"
#include "pipeline/search/selection.h"

#include <utility>

namespace lorasweep {
namespace {

Mixture alone(std::int32_t adapter) { return {{adapter}, {1.0}}; }
Mixture uniform(const std::vector<std::int32_t>& adapters) {
  return {adapters, std::vector<double>(adapters.size(), 1.0 / static_cast<double>(adapters.size()))};
}

}  // namespace

Comparisons::Comparisons(const Plan& plan, const Manifest& manifest,
                         const std::vector<std::vector<std::int32_t>>& shot_tokens)
    : plan_(plan), manifest_(manifest), shot_tokens_(shot_tokens), trials_(plan), of_search_(plan.searches.size()) {
  for (std::size_t trial = 0; trial < plan.trials.size(); ++trial) {
    const PlannedTrial& planned = plan.trials[trial];
    if (planned.kind == Trial::uniform) of_search_[planned.index].uniform = trial;
    if (planned.kind == Trial::ablation) of_search_[planned.index].trials_of_found.push_back(trial);
  }
  for (std::size_t s = 0; s < of_search_.size(); ++s)
    if (plan.searches[s].adapter_set >= 0) {
      of_search_[s].adapters = plan.adapter_sets[plan.searches[s].adapter_set];
      know_adapters(of_search_[s]);
    }
}

void Comparisons::know_adapters(OfSearch& search) {
  if (search.uniform) trials_.make_ready(*search.uniform);
}

// --- what the screens say -------------------------------------------------------------------------

bool Comparisons::has_singles() const { return tries_singles(manifest_.config); }

bool Comparisons::singles_known(std::size_t search) const {
  return has_singles() && trials_.screened(plan_.searches[search].example_set);
}

std::vector<std::int32_t> Comparisons::singles(std::size_t search) const {
  return single_candidates(manifest_.config, plan_.wanted.library, adapters(search));
}

bool Comparisons::record(const TrialRecord& record) {
  if (!trials_.record(record)) return false;
  const auto shots = static_cast<std::int32_t>(record.index);
  if (record.kind == Trial::screen && trials_.screened(shots)) take_screen(shots);
  return true;
}

void Comparisons::take_screen(std::int32_t set_of_shots) {
  for (std::size_t s = 0; s < of_search_.size(); ++s) {
    if (plan_.searches[s].example_set != set_of_shots) continue;
    OfSearch& search = of_search_[s];
    const std::vector<std::int32_t> tried = singles(s);
    std::vector<double> losses;
    for (const std::int32_t a : tried) losses.push_back(trials_.alone(set_of_shots, a).loss);
    if (const auto lowest = lowest_loss(losses)) search.best_single = tried[*lowest];
    if (plan_.searches[s].adapter_set >= 0) continue;
    search.adapters = lowest_losses(losses, plan_.wanted.chosen);  // places in the whole library
    know_adapters(search);
  }
}

// --- what searches found --------------------------------------------------------------------------

void Comparisons::record(const EvaluationRecord& record) {
  if (!has_guard()) return;
  OfSearch& search = of_search_.at(record.search);
  if (search.nll.size() <= record.step) {
    search.nll.resize(record.step + 1);
    search.regularizers.resize(record.step + 1);
  }
  search.nll[record.step] = record.nll;
  search.regularizers[record.step] = record.regularizer;
}

void Comparisons::finish(std::size_t search, bool found) {
  for (const std::size_t trial : of_search_.at(search).trials_of_found)
    found ? trials_.make_ready(trial) : trials_.drop(trial);
}

std::optional<GuardVerdict> Comparisons::verdict(std::size_t search) const {
  if (!has_guard() || plan_.searches[search].answers == Subject::random_adapters) return GuardVerdict::mixture;
  if (has_singles() && !singles_known(search)) return std::nullopt;
  return judge(search);
}

GuardVerdict Comparisons::judge(std::size_t search) const {
  const OfSearch& known = of_search_.at(search);
  const std::int32_t shots = plan_.searches[search].example_set;
  std::vector<Tried> evaluations, tried_alone;
  for (std::size_t step = 0; step < known.nll.size(); ++step)
    evaluations.push_back({known.nll[step], known.regularizers[step]});
  if (has_singles())
    for (const std::int32_t a : singles(search)) tried_alone.push_back({trials_.alone(shots, a).nll});
  const SearchConfig& config = manifest_.config.search;
  return guard(config.loss, config.guard_ratio, evaluations, tried_alone, shot_tokens_.at(shots)).verdict;
}

// --- compositions ---------------------------------------------------------------------------------

Mixture Comparisons::tried_in(std::size_t trial, const std::vector<Search>& searches) const {
  const PlannedTrial& planned = trials_.planned(trial);
  switch (planned.kind) {
    case Trial::screen: return alone(static_cast<std::int32_t>(planned.position));
    case Trial::uniform: return uniform(adapters(planned.index));
    case Trial::ablation: {
      const Search& search = searches.at(planned.index);
      Mixture mixture{adapters(planned.index), search.weights(search.best()->step)};
      mixture.adapters.erase(mixture.adapters.begin() + planned.position);
      const auto first = mixture.weights.begin() + static_cast<std::ptrdiff_t>(planned.position * plan_.places);
      mixture.weights.erase(first, first + static_cast<std::ptrdiff_t>(plan_.places));
      return mixture;
    }
  }
  throw InternalError("unknown kind of trial");
}

Mixture Comparisons::answering(Subject of, std::size_t search, const Search& found) const {
  switch (of) {
    case Subject::zero_shot:
    case Subject::few_shot: return {};
    case Subject::uniform: return uniform(adapters(search));
    case Subject::best_single: return alone(best_single(search).value());
    case Subject::search:
    case Subject::random_adapters: break;
  }
  switch (verdict(search).value()) {
    case GuardVerdict::mixture: return {adapters(search), found.weights(found.best()->step)};
    case GuardVerdict::base: return {};
    case GuardVerdict::best_single: return alone(best_single(search).value());
  }
  throw InternalError("unknown verdict");
}

}  // namespace lorasweep
