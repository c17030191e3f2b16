// SPDX-License-Identifier: Apache-2.0
// What operations keep in the device's memory for themselves: asked before a batch is made, answered by the code that
// takes it. Contract: workers/ops.h.
#pragma once

#include "workers/ops/rotary_ops.h"
#include "workers/ops/workspace.h"

namespace lorasweep {

// The largest calls of an operation: each number is the largest of any of them.

struct LoraShape {
  Index rows = 0;     ///< of x
  Index in = 0;       ///< its columns
  Index columns = 0;  ///< of a block: those of all its segments
};

struct AttentionShape {
  Index rows = 0, longest = 0;  ///< of all sequences, of one
  Index heads = 0, width = 0;   ///< of one head
};

struct CrossAttentionShape {
  Index rows = 0, longest_target = 0, longest_source = 0;  ///< rows of all targets, of one target, of one source
  Index heads = 0, width = 0;                              ///< of one head
  Index states = 0;                                        ///< columns of the sources' states
  Index rank = 0;                                          ///< of a block of either bypass: of all its segments
};

struct CachedAttentionShape {
  Index rows = 0, positions = 0;
  Index heads = 0, width = 0;  ///< of one head
};

struct HeadShape {
  Index rows = 0, vocabulary = 0;
};

struct CompositionShape {
  Index members = 0, adapters = 0;  ///< adapters of a member
};

/// All operations share one workspace, whose slots only the device knows: put the answers of all calls together
/// with WorkspaceSize::also(), then ask for its bytes. Operations without a question keep nothing. Not counted is what
/// does not grow with the batch: small tables, a library's own memory, what a product of one tile or of one sequence
/// needs.
class ScratchSizes {
 public:
  virtual ~ScratchSizes() = default;

  virtual WorkspaceSize lora_scratch(const LoraShape& largest) const = 0;
  virtual WorkspaceSize attention_scratch(const AttentionShape& largest) const = 0;
  virtual WorkspaceSize cross_attention_scratch(const CrossAttentionShape& largest) const = 0;
  virtual WorkspaceSize cached_attention_scratch(const CachedAttentionShape& largest) const = 0;
  virtual WorkspaceSize output_head_scratch(const HeadShape& largest) const = 0;  ///< target_nll(), argmax()
  virtual WorkspaceSize combine_scratch(const CompositionShape& largest) const = 0;
  /// The same questions of RotaryOps; null on a device that has no code for it.
  virtual const RotaryScratch* rotary_scratch() const { return nullptr; }
};

}  // namespace lorasweep
