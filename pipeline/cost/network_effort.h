// SPDX-License-Identifier: Apache-2.0
// What passes through a network take, read off its plan. Where a prompt is a sequence of its own (an encoder's), its
// tokens pass through the stack that attends to nothing else; else prompt and answer are one sequence.
#pragma once

#include "data/model/model_plan.h"
#include "pipeline/cost/effort.h"
#include "workers/lora/adapter_library.h"
#include "workers/lora/composition.h"

#include <cstddef>
#include <span>
#include <vector>

namespace lorasweep {

/// A decoding step of few rows takes as long as one of this many: the weights must be read for each of them.
inline constexpr double rows_of_a_short_step = 6;

/// In tokens.
struct ExampleLength {
  std::size_t prompt = 0, target = 0;
};

/// Numbers of a kind of rows: those of a prompt's own stack, or those of the stack that answers.
struct RowEffort {
  double maps = 0, bypass = 0;  ///< multiply-adds of a row
  double attention = 0;         ///< of a row, for each position that it attends to in its own stack
  double across = 0;            ///< of a row, for each position of the prompt that lies in another stack
  double calls = 0;             ///< of the stack
};

class NetworkEffort {
 public:
  /// `adapters`: which are mixed, by their shapes; none: the base model.
  NetworkEffort(const ModelPlan& plan, Composition composition, std::span<const AdapterShape> adapters);

  /// What makes the mixture before anything passes through the network.
  Effort composition() const { return composition_; }
  /// The losses of targets behind prompts, which pass through the network together.
  Effort losses(std::span<const ExampleLength> examples) const;
  /// Reading prompts together, before the first tokens of their answers.
  Effort prompts(std::span<const std::size_t> tokens) const;
  /// Decoding steps of a unit of answers behind prompts of these lengths, which have these numbers of tokens: a
  /// sequence leaves when it has ended. Spans of one length; a length need not be whole where it is expected only.
  Effort steps(std::span<const std::size_t> prompts, std::span<const double> answers) const;

 private:
  /// Without calls, which all have together.
  Effort loss(const ExampleLength& example) const;
  Effort prompt(std::size_t tokens) const;
  double attended(double length) const;

  bool continues_prompt_ = false;
  RowEffort prompt_, answer_;
  double head_ = 0;  ///< multiply-adds of a row that is looked up in the vocabulary
  Effort composition_;
};

}  // namespace lorasweep
