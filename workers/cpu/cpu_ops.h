// SPDX-License-Identifier: Apache-2.0
// The operations on CPU cores: oneDNN for the large products, own kernels for the rest. Everything is done when a call
// returns.
#pragma once

#include "workers/cpu/kernels.h"
#include "workers/cpu/matmul.h"
#include "workers/ops.h"

#include <memory>
#include <vector>

namespace lorasweep {

struct CpuOptions {
  Element activation = Element::f32;  ///< bf16: inputs of the large products in bf16, sums and everything else in f32
  int threads = 1;                    ///< cores of this worker; results do not depend on it
  const Kernels* kernels = &best_kernels();
};

/// Belongs to one thread. Several may read one model image.
class CpuOps final : public Ops, public RotaryOps {
 public:
  explicit CpuOps(CpuOptions options = {});

  Element activation() const override { return options_.activation; }
  std::shared_ptr<std::byte> allocate(std::size_t bytes) override;
  std::shared_ptr<const std::byte> adopt(std::shared_ptr<const std::byte> image, std::size_t bytes) override;
  void upload(View out, const void* host) override;
  void download(void* host, View in) override;
  Mark mark() override { return 0; }
  bool reached(Mark) override { return true; }
  void wait(Mark) override {}
  void release() override { scratch_.release(); }
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }

  std::size_t packed_bytes(Index in, Index out) const override;
  void pack(std::byte* packed, const float* weight, Index in, Index out) const override;

  void embed(View out, View table, View ids) override;
  void rms_norm(View out, View in, View gain, double epsilon) override;
  void linear(View y, View x, const Projection& w, Accumulate accumulate) override;
  void lora(View y, View x, std::span<const LoraBlock> blocks) override;
  void attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                 const RelativeBiasTable& bias, Mask mask) override;
  void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                       std::span<const Index> source_of, const CrossProjections& weights,
                       std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) override;
  void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                        std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) override;
  void activate(View out, View in, Activation activation) override;
  void target_nll(View out, View x, const Projection& head, View labels) override;
  void argmax(View out, View x, const Projection& head) override;
  void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
               std::span<const std::vector<float>> weights) override;
  void scale_copy(View out, View in, float factor) override;

  RotaryOps* rotary() override { return this; }
  const RotaryScratch* rotary_scratch() const override { return this; }
  void add_bias(View y, View bias) override;
  void gather(View out, View in, std::span<const Index> rows) override;
  void rotate(View qkv, std::span<const Index> positions, const RotaryTable& table, const HeadGroups& groups,
              const HeadNorms& norms) override;
  void grouped_attention(View out, View qkv, const Sequences& sequences, const HeadGroups& groups) override;
  void fill_cache(const DecoderCache& cache, View qkv, const Sequences& sequences, std::span<const Index> slots,
                  const HeadGroups& groups) override;
  void copy_cache(const DecoderCache& to, const DecoderCache& from) override;
  void grouped_step(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                    std::span<const Index> positions, const HeadGroups& groups) override;
  void nll_of_logits(View out, View logits, View labels) override;
  void argmax_of_logits(View out, View logits) override;
  WorkspaceSize grouped_attention_scratch(const GroupedAttentionShape& largest) const override;
  WorkspaceSize grouped_step_scratch(const GroupedStepShape& largest) const override;

  WorkspaceSize lora_scratch(const LoraShape& largest) const override;
  WorkspaceSize attention_scratch(const AttentionShape& largest) const override;
  WorkspaceSize cross_attention_scratch(const CrossAttentionShape& largest) const override;
  WorkspaceSize cached_attention_scratch(const CachedAttentionShape& largest) const override;
  WorkspaceSize output_head_scratch(const HeadShape& largest) const override;
  WorkspaceSize combine_scratch(const CompositionShape&) const override { return {}; }

 private:
  /// Intermediate matrices, each until the same slot is asked for again.
  enum class Slot {
    bypass_input,
    bypass,
    turned,
    scores,
    narrow_scores,
    narrow_head,
    wide_head,
    carried,
    narrow_carried,
    averages,
    context,
    logits
  };
  View scratch(Slot slot, Element element, Index rows, Index cols) {
    return scratch_.matrix(slot, element, rows, cols);
  }
  bool narrows() const { return options_.activation != Element::f32; }
  /// Columns of a matrix with a row for each thread: rows do not share cache lines.
  static Index row_of_thread(Index elements) { return (elements + 31) / 32 * 32; }

  /// x as f32: itself, or widened into this slot.
  View as_f32(View x, Slot slot);
  /// Copies f32 rows into `out`, narrowing where out is bf16.
  void put(View out, View in);
  /// `out` where that is f32, or else a matrix in its place, which is put() into it at the end.
  View f32_in_place_of(View out);

  /// y += a member's bypass of x; t: its intermediate matrix, of all segments side by side
  void add_factors(View y, View x, const LoraSegment& segment, View t);
  void add_segments(View y, View x, const LoraBlock& block, View t);
  /// t *= the segment's weight
  void weigh(View t, const LoraSegment& segment);

  /// `memory`: floats of the calling thread's own
  void attend_group(View result, View qkv, const HeadGroups& groups, Index group, float* memory);
  void store_position(const DecoderCache& cache, Index slot, Index position, const float* keys_and_values);
  void step_of_row(float* result, const float* query, const DecoderCache& cache, Index slot, Index position,
                   const HeadGroups& groups, float* memory);

  void carry_queries(View carried, View q, const CrossProjections& weights);
  void add_key_bypass(View carried, View q, Index heads, std::span<const LoraBlock> blocks);
  void average_states(View averages, View carried, View states, const Sequences& targets, const Sequences& sources,
                      std::span<const Index> source_of, Index heads);
  void project_averages(View context, View averages, const CrossProjections& weights);
  void add_value_bypass(View context, View averages, Index heads, std::span<const LoraBlock> blocks);

  CpuOptions options_;
  const Kernels& kernels_;
  Matmul matmul_;               ///< with all threads of the worker
  std::vector<Matmul> single_;  ///< one per thread, for work that is split by sequence
  Workspace scratch_{*this};
};

}  // namespace lorasweep
