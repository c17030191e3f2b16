// SPDX-License-Identifier: Apache-2.0
// Adds up the parts of a plan by the rows that pass through them.
#include "pipeline/cost/network_effort.h"

#include "data/core/error.h"
#include "data/model/lora_sites.h"

#include <algorithm>
#include <set>
#include <string>

namespace lorasweep {
namespace {

double product(double a, double b) { return a * b; }

double weights_of(const PartPlan& part) { return product(part.in(), part.out()); }

// A part of heads has a map for each head: its narrow side is shared out among them, the other repeats.
double factor_row(const PartPlan& part, const LoraSite& site) {
  return part.form == PartForm::stacked ? site.in + site.out : product(part.heads, site.in) + site.out;
}

// Stacks of layers whose parts look into another stack's states.
std::set<std::string> stacks_that_look_across(const ModelPlan& plan) {
  std::set<std::string> stacks;
  for (const PartPlan& part : plan.parts)
    if (part.form != PartForm::stacked) stacks.insert(part.place.stack);
  return stacks;
}

}  // namespace

NetworkEffort::NetworkEffort(const ModelPlan& plan, Composition composition, std::span<const AdapterShape> adapters)
    : continues_prompt_(plan.continues_prompt) {
  const std::set<std::string> across = stacks_that_look_across(plan);
  const auto of_prompt = [&](const PartPlan& part) {
    return !continues_prompt_ && !across.contains(part.place.stack) && part.place.layer >= 0;
  };
  for (const PartPlan& part : plan.parts) {
    if (part.place.layer < 0) {
      head_ += weights_of(part);
      continue;
    }
    RowEffort& row = of_prompt(part) ? prompt_ : answer_;
    row.maps += weights_of(part);
    row.calls += 1;
    if (part.form != PartForm::stacked) row.across += product(part.heads, part.in());
    if (part.place.role == "self_out") row.attention += 2.0 * part.in();  // scores and averages
  }
  const std::vector<LoraSite> sites = lora_sites(plan);
  // What is summed first is one adapter from then on.
  for (std::size_t i = 0; i < adapters.size(); ++i)
    for (const AdapterShape::Site& changed : adapters[i].sites) {
      const LoraSite& site = sites.at(static_cast<std::size_t>(changed.site));
      const PartPlan& part = plan.parts.at(static_cast<std::size_t>(site.part));
      if (composition == Composition::lorahub && adapters.size() > 1)
        composition_.composed += product(changed.rank, site.in + site.out);
      if (composition == Composition::exact || i == 0)
        (of_prompt(part) ? prompt_ : answer_).bypass += changed.rank * factor_row(part, site);
    }
}

// Positions that the rows of a sequence attend to. An encoder's and a short target's are computed as squares; where
// prompt and answer are one sequence, nothing above the diagonal is.
double NetworkEffort::attended(double length) const {
  return continues_prompt_ ? length * (length + 1) / 2 : length * length;
}

Effort NetworkEffort::loss(const ExampleLength& example) const {
  const auto source = static_cast<double>(example.prompt), labels = static_cast<double>(example.target);
  // Nothing follows the last token of a continued prompt.
  const double rows = continues_prompt_ ? source + labels - 1 : labels;
  Effort effort{.maps = rows * answer_.maps + labels * head_,
                .attention = attended(rows) * answer_.attention,
                .bypass = rows * answer_.bypass};
  if (continues_prompt_) return effort;
  effort.attention += rows * source * answer_.across;
  return effort + prompt(example.prompt);
}

Effort NetworkEffort::losses(std::span<const ExampleLength> examples) const {
  Effort effort{.calls = prompt_.calls + answer_.calls};
  for (const ExampleLength& example : examples) effort += loss(example);
  return effort;
}

Effort NetworkEffort::prompt(std::size_t tokens) const {
  const auto length = static_cast<double>(tokens);
  const RowEffort& row = continues_prompt_ ? answer_ : prompt_;
  return {.maps = length * row.maps + (continues_prompt_ ? head_ : 0),
          .attention = attended(length) * row.attention,
          .bypass = length * row.bypass};
}

Effort NetworkEffort::prompts(std::span<const std::size_t> tokens) const {
  Effort effort{.calls = continues_prompt_ ? answer_.calls : prompt_.calls};
  for (const std::size_t one : tokens) effort += prompt(one);
  return effort;
}

Effort NetworkEffort::steps(std::span<const std::size_t> prompts, std::span<const double> answers) const {
  if (prompts.size() != answers.size()) throw InternalError("answers and their prompts are not as many");
  Effort effort;
  // The first token of a continued prompt comes with the prompt.
  const double first = continues_prompt_ ? 1 : 0;
  double longest = 0;
  for (const double length : answers) longest = std::max(longest, length);
  for (double token = first; token < longest; ++token) {
    double rows = 0, in_stack = 0, in_prompt = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      // an expected length need not be whole
      const double share = std::clamp(answers[i] - token, 0.0, 1.0);
      const auto prompt = static_cast<double>(prompts[i]);
      rows += share;
      in_stack += share * (continues_prompt_ ? prompt + token : token + 1);
      in_prompt += share * prompt;
    }
    const double step = std::min(longest - token, 1.0);
    effort.maps += std::max(rows, step * rows_of_a_short_step) * (answer_.maps + head_);
    effort.attention += in_stack * answer_.attention + (continues_prompt_ ? 0 : in_prompt * answer_.across);
    effort.bypass += rows * answer_.bypass;
    effort.calls += step * answer_.calls;
  }
  return effort;
}

}  // namespace lorasweep
