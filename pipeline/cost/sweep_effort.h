// SPDX-License-Identifier: Apache-2.0
// The work of a planned sweep, phase by phase: for predictions, and for the time that is left of a running one.
#pragma once

#include "data/model/model_plan.h"
#include "pipeline/cost/effort.h"
#include "pipeline/cost/network_effort.h"
#include "pipeline/plan/plan.h"
#include "workers/lora/adapter_library.h"
#include "workers/lora/composition.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace lorasweep {

/// What takes time at a rate of its own.
enum class Phase { evaluations, prompts, steps };

/// Effort of all phases.
struct PhasedEffort {
  Effort evaluations, prompts, steps;
  PhasedEffort& operator+=(const PhasedEffort& other);
};

/// How many tokens the answer to an example (an index into the catalogue) is expected to have, of composed adapters or
/// of the base model.
using AnswerLength = std::function<double(std::int32_t example, bool composed)>;

/// As long as the example's target, and no longer than `max_new_tokens`: before anything is known of the answers.
AnswerLength length_of_targets(const Plan& plan, int max_new_tokens);

class SweepEffort {
 public:
  /// `library`: shapes of the resident rows (shapes_of() with the plan's twins). `plan` must outlive it. Where a screen
  /// will choose a search's adapters, the first ones of the library stand for them.
  SweepEffort(const ModelPlan& model, Composition composition, std::span<const AdapterShape> library, const Plan& plan,
              AnswerLength length);

  /// One candidate of a search; one trial (index into Plan::trials).
  Effort evaluation(std::size_t search) const;
  Effort trial(std::size_t trial) const;
  /// An answer to an example with adapters, and by the base model; among `together` of a unit that are like it.
  PhasedEffort answer(std::int32_t example, bool composed, double together = 32) const;
  /// All answers to these examples, in units of `together` as they stand.
  PhasedEffort answers(std::span<const std::int32_t> examples, bool composed, std::size_t together) const;
  /// The same work in standard seconds.
  double evaluation_cost(std::size_t search) const { return standard_seconds(evaluation(search)); }
  double trial_cost(std::size_t number) const { return standard_seconds(trial(number)); }
  double answer_cost(std::int32_t example, bool composed) const;

 private:
  Effort losses(const NetworkEffort& network, std::int32_t example_set) const;
  const NetworkEffort& mixture_of(std::size_t search) const;

  const Plan& plan_;
  AnswerLength length_;
  NetworkEffort base_, alone_;         ///< no adapter; one
  std::vector<NetworkEffort> of_set_;  ///< of each adapter set, then of searches that a screen chooses for
};

}  // namespace lorasweep
