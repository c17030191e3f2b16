// SPDX-License-Identifier: Apache-2.0
// The operations on one CUDA device: cuBLASLt for the products with the base model's weights, own kernels for the rest.
//
// Everything goes through one stream. The host waits in wait() only, and where it is a whole staging ring ahead of the
// device.
#pragma once

#include "workers/cuda/descriptors.h"
#include "workers/cuda/device.h"
#include "workers/cuda/downloads.h"
#include "workers/cuda/graph.h"
#include "workers/cuda/grouped_product.h"
#include "workers/cuda/packing.h"
#include "workers/cuda/repeat_cache.h"
#include "workers/cuda/staging.h"
#include "workers/ops.h"

#include <memory>
#include <vector>

namespace lorasweep {

class CudaMatmul;  // its header brings cuBLASLt's, which kernels need not see

struct CudaOptions {
  Element activation = Element::bf16;  ///< bf16: inputs of products in bf16 on the tensor cores; f32: true f32, no TF32
  int index = 0;                       ///< of the devices that this process sees
};

/// Belongs to one thread at a time. Memory handles may outlive it.
class CudaOps final : public Ops, public RotaryOps {
 public:
  /// DeviceLost if there is no such device.
  explicit CudaOps(const CudaOptions& options);
  ~CudaOps() override;
  CudaOps(const CudaOps&) = delete;
  CudaOps& operator=(const CudaOps&) = delete;

  Element activation() const override { return activation_; }
  std::size_t packed_bytes(Index in, Index out) const override { return packing_.packed_bytes(in, out); }
  void pack(std::byte* packed, const float* weight, Index in, Index out) const override {
    packing_.pack(packed, weight, in, out);
  }

  std::shared_ptr<std::byte> allocate(std::size_t bytes) override { return device_->allocate(bytes); }
  std::shared_ptr<const std::byte> adopt(std::shared_ptr<const std::byte> image, std::size_t bytes) override;
  void upload(View out, const void* host) override;
  void download(void* host, View in) override;
  Mark mark() override { return downloads_.mark(); }
  bool reached(Mark mark) override { return downloads_.reached(mark); }
  void wait(Mark mark) override { downloads_.wait(mark); }
  void repeat(const std::string& key, const std::function<void()>& body) override;
  void release() override;
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::optional<std::size_t> free_memory() const override { return device_->free_memory(); }
  std::optional<OpsCounters> counters() const override { return device_->counters(); }

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

  WorkspaceSize lora_scratch(const LoraShape& largest) const override;
  WorkspaceSize attention_scratch(const AttentionShape&) const override { return {}; }
  WorkspaceSize cross_attention_scratch(const CrossAttentionShape& largest) const override;
  WorkspaceSize cached_attention_scratch(const CachedAttentionShape&) const override { return {}; }
  WorkspaceSize output_head_scratch(const HeadShape& largest) const override;
  WorkspaceSize combine_scratch(const CompositionShape& largest) const override;
  const RotaryScratch* rotary_scratch() const override { return this; }
  WorkspaceSize grouped_attention_scratch(const GroupedAttentionShape&) const override { return {}; }
  WorkspaceSize grouped_step_scratch(const GroupedStepShape&) const override { return {}; }

 private:
  /// Intermediate matrices, each until the same slot is asked for again.
  enum class Slot {
    bypass,
    narrow_query,
    carried,
    narrow_carried,
    scores,
    probabilities,
    averages,
    context,
    logits,
    weights
  };
  View scratch(Slot slot, Element element, Index rows, Index cols) {
    return scratch_.matrix(slot, element, rows, cols);
  }
  bool narrows() const { return activation_ != Element::f32; }

  struct Recording {
    Graph graph;
    std::vector<std::shared_ptr<std::byte>> tables;  ///< what its kernels read beside the ops' matrices
    std::uint64_t launches = 0;
  };

  /// out = in, element by element, rounded to bf16 where out is bf16.
  void convert(View out, View in);
  /// The products with the same map of every head, x and y being [R, heads * width].
  void heads_linear(View y, View x, std::span<const Projection> heads);
  void product_without_library(View y, View x, const Projection& w, Accumulate accumulate);
  ProductKind product_kind(Element x, Element w, Element y, WeightLayout layout, Accumulate accumulate) const;
  void add_key_bypass(View carried, View q, Index heads, std::span<const LoraBlock> blocks);
  void add_value_bypass(View context, View averages, Index heads, std::span<const LoraBlock> blocks);
  void average_states(View averages, View carried, View states, const Sequences& targets, const Sequences& sources,
                      std::span<const Index> source_of, Index heads);
  void record(const std::string& key, const std::function<void()>& body);
  void replay(const Recording& recording);
  void run_plainly(const std::string& key, const std::function<void()>& body);

  Element activation_;
  CudaPacking packing_;
  std::shared_ptr<Device> device_;
  Staging staging_;
  Downloads downloads_;
  Descriptors descriptors_;
  std::unique_ptr<CudaMatmul> matmul_;
  Workspace scratch_{*this};
  RepeatCache<Recording> recordings_;
};

}  // namespace lorasweep
