// SPDX-License-Identifier: Apache-2.0
// Chooses the next candidates or answers for a worker.
#include "pipeline/run/work_list.h"

#include "pipeline/run/cohorts.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

std::size_t at_least_one(std::int32_t count) { return std::max(count, 1); }

}  // namespace

std::optional<UnitMembers> WorkList::next(const WorkerCapacity& capacity) {
  if (auto alone = next_alone()) return alone;
  if (auto early = take_early_answers(capacity); !early.empty()) return early;
  const std::size_t members = at_least_one(capacity.members);
  if (auto screens = take_trials(true, members); !screens.empty()) return screens;
  if (auto candidates = take_candidates(members); !candidates.empty()) return candidates;
  if (auto trials = take_trials(false, members); !trials.empty()) return trials;
  if (auto answers = take_answers(capacity); !answers.empty()) return answers;
  return std::nullopt;
}

std::optional<UnitMembers> WorkList::next_alone() {
  while (!again_.empty()) {
    const auto member = std::move(again_.front());
    again_.pop_front();
    const auto unit_of = [&](const auto& task) -> std::optional<UnitMembers> {
      if (is_settled(task)) return std::nullopt;
      return std::vector{task};
    };
    if (auto unit = std::visit(unit_of, member)) return unit;
  }
  return std::nullopt;
}

// The last ones are shared by all workers.
std::vector<TrialTask> WorkList::take_trials(bool screens, std::size_t at_most) {
  const std::size_t workers = at_least_one(workers_), waiting = ledger_.trials().waiting(screens);
  std::vector<TrialTask> taken;
  for (const std::size_t trial : ledger_.trials().take(screens, std::min(at_most, (waiting + workers - 1) / workers)))
    taken.push_back({trial});
  return taken;
}

void WorkList::form_cohorts_once(std::size_t most_members) {
  if (!cohorts_.empty()) return;
  std::vector<double> costs;
  for (std::size_t s = 0; s < ledger_.searches(); ++s) costs.push_back(costs_.evaluation(s));
  cohorts_ = form_cohorts(costs, most_members, at_least_one(workers_));
}

std::vector<CandidateTask> WorkList::take_candidates(std::size_t at_most) {
  form_cohorts_once(at_most);
  // A search is a chain: those with most left to do decide when the sweep ends, so they go first.
  std::vector<std::pair<double, std::size_t>> by_remaining;
  for (std::size_t c = 0; c < cohorts_.size(); ++c) {
    double remaining = 0;
    for (const std::uint32_t s : cohorts_[c])
      remaining += static_cast<double>(ledger_.left_to_evaluate(s)) * costs_.evaluation(s);
    if (remaining > 0) by_remaining.emplace_back(-remaining, c);
  }
  std::ranges::sort(by_remaining);
  std::vector<CandidateTask> taken;
  for (const auto& [remaining, c] : by_remaining) {
    for (const std::uint32_t s : cohorts_[c])
      while (taken.size() < at_most && ledger_.may_start(s) && ledger_.left_to_evaluate(s) > 0) {
        const std::optional<std::size_t> step = ledger_.search(s).take();
        if (!step) break;
        taken.push_back({s, static_cast<std::uint32_t>(*step)});
      }
    if (!taken.empty()) break;
  }
  return taken;
}

std::vector<AnswerTask> WorkList::take_early_answers(const WorkerCapacity& capacity) {
  if (!known_) return {};
  for (std::size_t a = 0; a < ledger_.answers().size(); ++a) {
    Answers& answers = ledger_.answers()[a];
    if (!answers.ready() || answers.wanted() == 0 || early_.contains(answers.of())) continue;
    early_.insert(answers.of());
    if (!known_(answers.of())) return {{a, answers.take(at_least_one(capacity.predictions))}};
  }
  return {};
}

std::vector<AnswerTask> WorkList::take_answers(const WorkerCapacity& capacity) {
  std::size_t members = at_least_one(capacity.members), examples = at_least_one(capacity.predictions);
  std::size_t wanted = 0;
  bool all_ready = true;
  for (const Answers& answers : ledger_.answers()) {
    if (answers.ready()) wanted += answers.wanted();
    all_ready = all_ready && (answers.ready() || answers.done());
  }
  if (all_ready) {  // no more will come: every worker gets a share
    const std::size_t workers = at_least_one(workers_);
    examples = std::clamp((wanted + workers - 1) / workers, std::size_t{1}, examples);
  }
  std::vector<AnswerTask> taken;
  for (std::size_t a = 0; a < ledger_.answers().size() && members > 0 && examples > 0; ++a) {
    Answers& answers = ledger_.answers()[a];
    if (!answers.ready() || answers.wanted() == 0) continue;
    taken.push_back({a, answers.take(examples)});
    examples -= taken.back().examples.size();
    --members;
  }
  return taken;
}

}  // namespace lorasweep
