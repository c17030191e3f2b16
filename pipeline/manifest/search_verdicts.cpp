// SPDX-License-Identifier: Apache-2.0
// Judges each search by the records of its run.
#include "pipeline/manifest/search_verdicts.h"

#include "pipeline/manifest/adapters_of_searches.h"
#include "pipeline/search/selection.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

class Judge {
 public:
  Judge(const Manifest& manifest, std::span<const Record> records)
      : manifest_(manifest), evaluations_(manifest.searches.size()) {
    for (const Record& record : records)
      if (const auto* evaluation = std::get_if<EvaluationRecord>(&record))
        evaluations_[evaluation->search][evaluation->step] = evaluation;
      else if (const auto* trial = std::get_if<TrialRecord>(&record); trial != nullptr && trial->kind == Trial::screen)
        screens_[{trial->index, trial->position}] = trial;
  }

  SearchVerdict verdict_on(std::size_t search, const std::vector<std::int32_t>& adapters) const {
    SearchVerdict verdict;
    const bool tried = tries_singles(manifest_.config);
    const std::vector<const TrialRecord*> singles =
        tried ? singles_of(search, adapters) : std::vector<const TrialRecord*>{};
    if (tried && singles.empty()) return verdict;  // not all are known yet
    std::vector<double> losses;
    for (const TrialRecord* single : singles) losses.push_back(single->loss);
    if (const auto best = lowest_loss(losses))
      verdict.best_single = static_cast<std::int32_t>(singles[*best]->position);
    verdict.guard = guard_of(search, singles);
    return verdict;
  }

 private:
  // Empty where one is missing.
  std::vector<const TrialRecord*> singles_of(std::size_t search, const std::vector<std::int32_t>& adapters) const {
    std::vector<const TrialRecord*> singles;
    const std::size_t shots = set_of_shots(manifest_, manifest_.searches[search]);
    for (const std::int32_t a : single_candidates(manifest_.config, manifest_.adapters.size(), adapters)) {
      const auto found = screens_.find({shots, a});
      if (found == screens_.end()) return {};
      singles.push_back(found->second);
    }
    return singles;
  }

  std::optional<Guarded> guard_of(std::size_t search, const std::vector<const TrialRecord*>& singles) const {
    const SearchConfig& config = manifest_.config.search;
    if (config.guard == Guard::none || evaluations_[search].size() != search_budget(manifest_)) return std::nullopt;
    std::vector<Tried> evaluated, alone;
    bool finite = false;
    for (const auto& [step, evaluation] : evaluations_[search]) {
      evaluated.push_back({evaluation->nll, evaluation->regularizer});
      finite = finite || may_be_best(evaluation->objective());
    }
    if (!finite) return std::nullopt;
    for (const TrialRecord* single : singles) alone.push_back({single->nll});
    const Manifest::Shots shots = shots_of(manifest_, manifest_.searches[search]);
    return guard(config.loss, config.guard_ratio, evaluated, alone, shots.tokens);
  }

  const Manifest& manifest_;
  std::vector<std::map<std::uint32_t, const EvaluationRecord*>> evaluations_;
  std::map<std::pair<std::size_t, std::int32_t>, const TrialRecord*> screens_;
};

}  // namespace

std::vector<SearchVerdict> search_verdicts(const Manifest& manifest, std::span<const Record> records,
                                           const std::vector<std::vector<std::int32_t>>& adapters) {
  const Judge judge(manifest, records);
  std::vector<SearchVerdict> verdicts;
  for (std::size_t s = 0; s < adapters.size(); ++s) verdicts.push_back(judge.verdict_on(s, adapters[s]));
  return verdicts;
}

}  // namespace lorasweep
