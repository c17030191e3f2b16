// SPDX-License-Identifier: Apache-2.0
// Keeps the state of each trial.
#include "pipeline/run/trials.h"

#include <algorithm>

namespace lorasweep {

Trials::Trials(const Plan& plan)
    : plan_(plan),
      state_(plan.trials.size(), State::unknown),
      missing_(plan.catalogue.example_sets.size()),
      wanted_(plan.trials.size()) {
  for (std::size_t trial = 0; trial < plan.trials.size(); ++trial)
    if (plan.trials[trial].kind == Trial::screen) {
      ++missing_[plan.trials[trial].index];
      make_ready(trial);
    }
}

std::optional<std::size_t> Trials::find(Trial kind, std::uint32_t index, std::uint32_t position) const {
  const PlannedTrial wanted{kind, index, position};
  const auto found = std::ranges::lower_bound(plan_.trials, wanted);
  if (found == plan_.trials.end() || *found != wanted) return std::nullopt;
  return found - plan_.trials.begin();
}

void Trials::make_ready(std::size_t trial) {
  if (state_[trial] != State::unknown) return;
  state_[trial] = State::waiting;
  Queue& queue = queue_of(trial);
  queue.trials.push_back(trial);
  ++queue.waiting;
}

void Trials::drop(std::size_t trial) {
  if (state_[trial] == State::settled) return;
  if (state_[trial] == State::waiting) --queue_of(trial).waiting;
  state_[trial] = State::settled;
  --wanted_;
}

std::vector<std::size_t> Trials::take(bool screens, std::size_t at_most) {
  Queue& queue = screens ? screens_ : others_;
  std::vector<std::size_t> taken;
  while (queue.waiting > 0 && taken.size() < at_most) {
    const std::size_t trial = queue.trials.front();
    queue.trials.pop_front();
    if (state_[trial] != State::waiting) continue;  // settled since
    state_[trial] = State::with_worker;
    --queue.waiting;
    taken.push_back(trial);
  }
  return taken;
}

bool Trials::record(const TrialRecord& record) {
  const std::optional<std::size_t> trial = find(record.kind, record.index, record.position);
  if (!trial || state_[*trial] == State::unknown || state_[*trial] == State::settled) return false;
  if (state_[*trial] == State::waiting) --queue_of(*trial).waiting;
  state_[*trial] = State::settled;
  ++recorded_;
  if (record.kind == Trial::screen) {
    --missing_[record.index];
    alone_[{static_cast<std::int32_t>(record.index), static_cast<std::int32_t>(record.position)}] = {record.loss,
                                                                                                     record.nll};
  }
  return true;
}

}  // namespace lorasweep
