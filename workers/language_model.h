// SPDX-License-Identifier: Apache-2.0
// What an engine knows of a network: that it can be asked for losses and for answers, with composed adapters in it.
// Implemented once a family, over Ops, in a folder of its own; made by workers/families.
#pragma once

#include "workers/lora/composer.h"
#include "workers/ops.h"
#include "workers/work/work.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace lorasweep {

/// Composed adapters, and which sequences of a batch belong to each of their members: ascending ranges [first, second).
/// A sequence in no range is the base model's; `factors` null: all are.
struct ComposedMembers {
  const ComposedFactors* factors = nullptr;
  ComposedFactors::RowRanges sequences;
};

/// A network on a device. Calls enqueue; nothing waits. OutOfDeviceMemory where one does not fit: after release() it
/// may be tried again.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;

  /// Teacher-forced losses that only wait to be enqueued: all that allocates or travels has been done.
  struct Losses {
    /// f64 [labels, 1]: negative log-likelihood (natural logarithm) of every token of every target, example by
    /// example. Valid until the next call.
    View nll;
    /// Enqueues them; may be given to Ops::repeat under a key that tells the examples' lengths, in their order, and
    /// the layout of the factors. To be called before the model's next call.
    std::function<void()> enqueue;
  };
  virtual Losses losses(std::span<const Example* const> examples, const ComposedMembers& members) = 0;

  /// Starts answers to some prompts, which from here on are named by their index, their slot. Returns the rows that the
  /// first token of each is taken from, in order; valid until the next call. `members` must stay valid while answers
  /// are made.
  virtual View prefill(std::span<const TokenIds* const> prompts, const ComposedMembers& members,
                       Index max_new_tokens) = 0;
  /// The rows of the next token, after `tokens[i]` was the last one of slot `slots[i]`. Slots ascend; one that was
  /// left out has ended.
  virtual View step(std::span<const Index> slots, std::span<const std::int32_t> tokens) = 0;
  /// out (i32 [R, 1]) <- the likeliest token of each of these rows; the lowest id wins a tie.
  virtual void tokens(View out, View rows) = 0;
  /// No more steps for these prompts.
  virtual void end_answers() = 0;

  /// Gives back the memory that is kept between calls. Whatever was enqueued must have happened.
  virtual void release() = 0;
};

/// What decides the size of a sweep's batches.
struct BatchShape {
  Element activation = Element::f32;
  Index source_rows = 0, target_rows = 0;        ///< of the largest example set: one member
  Index longest_source = 0, longest_target = 0;  ///< of any example
  Composition composition = Composition::lorahub;
  Index adapters = 0;        ///< of a member
  Index factors = 0;         ///< floats that a member's composition takes
  Index bypass_columns = 0;  ///< of its widest group of sites: ranks side by side
  Index max_new_tokens = 256;
};

/// Bytes of a device's memory that a network takes beside its image, known before it is made. Composed factors are not
/// counted.
class ModelMemory {
 public:
  virtual ~ModelMemory() = default;

  /// What the model allocates for the losses of this number of members.
  virtual std::size_t evaluation(const BatchShape& shape, Index members) const = 0;
  /// What it allocates for this number of answers, all as long as they may become, if `rows_at_once` rows of prompts
  /// go through the network together.
  virtual std::size_t prediction(const BatchShape& shape, Index examples, Index rows_at_once) const = 0;

  /// What the device's ops keep for themselves in the same calls.
  virtual WorkspaceSize evaluation_scratch(const ScratchSizes& ops, const BatchShape& shape, Index members) const = 0;
  virtual WorkspaceSize prediction_scratch(const ScratchSizes& ops, const BatchShape& shape, Index examples,
                                           Index rows_at_once) const = 0;
};

}  // namespace lorasweep
