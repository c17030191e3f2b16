// SPDX-License-Identifier: Apache-2.0
// Ops that pass every call on to others. Classes that limit, count or measure calls derive from this one and override
// only those.
#pragma once

#include "workers/ops.h"

namespace lorasweep {

class ForwardingOps : public Ops {
 public:
  explicit ForwardingOps(std::unique_ptr<Ops> inner) : inner_(std::move(inner)) {}

  std::size_t packed_bytes(Index in, Index out) const override { return inner_->packed_bytes(in, out); }
  void pack(std::byte* packed, const float* weight, Index in, Index out) const override {
    inner_->pack(packed, weight, in, out);
  }
  Element activation() const override { return inner_->activation(); }
  std::shared_ptr<std::byte> allocate(std::size_t bytes) override { return inner_->allocate(bytes); }
  std::shared_ptr<const std::byte> adopt(std::shared_ptr<const std::byte> image, std::size_t bytes) override {
    return inner_->adopt(std::move(image), bytes);
  }
  void upload(View out, const void* host) override { inner_->upload(out, host); }
  void download(void* host, View in) override { inner_->download(host, in); }
  Mark mark() override { return inner_->mark(); }
  bool reached(Mark mark) override { return inner_->reached(mark); }
  void wait(Mark mark) override { inner_->wait(mark); }
  void repeat(const std::string& key, const std::function<void()>& body) override { inner_->repeat(key, body); }
  void release() override { inner_->release(); }
  std::size_t scratch_bytes() const override { return inner_->scratch_bytes(); }
  std::optional<std::size_t> free_memory() const override { return inner_->free_memory(); }
  std::optional<OpsCounters> counters() const override { return inner_->counters(); }

  RotaryOps* rotary() override { return inner_->rotary(); }
  const RotaryScratch* rotary_scratch() const override { return inner_->rotary_scratch(); }

  void embed(View out, View table, View ids) override { inner_->embed(out, table, ids); }
  void rms_norm(View out, View in, View gain, double epsilon) override { inner_->rms_norm(out, in, gain, epsilon); }
  void linear(View y, View x, const Projection& w, Accumulate accumulate) override {
    inner_->linear(y, x, w, accumulate);
  }
  void lora(View y, View x, std::span<const LoraBlock> blocks) override { inner_->lora(y, x, blocks); }
  void attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                 const RelativeBiasTable& bias, Mask mask) override {
    inner_->attention(out, q, k, v, sequences, heads, bias, mask);
  }
  void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                       std::span<const Index> source_of, const CrossProjections& weights,
                       std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) override {
    inner_->cross_attention(out, q, states, targets, sources, source_of, weights, key_lora, value_lora);
  }
  void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                        std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) override {
    inner_->cached_attention(out, qkv, cache, slots, positions, heads, bias);
  }
  void activate(View out, View in, Activation activation) override { inner_->activate(out, in, activation); }
  void target_nll(View out, View x, const Projection& head, View labels) override {
    inner_->target_nll(out, x, head, labels);
  }
  void argmax(View out, View x, const Projection& head) override { inner_->argmax(out, x, head); }
  void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
               std::span<const std::vector<float>> weights) override {
    inner_->combine(out, library, rows, weights);
  }
  void scale_copy(View out, View in, float factor) override { inner_->scale_copy(out, in, factor); }

  WorkspaceSize lora_scratch(const LoraShape& largest) const override { return inner_->lora_scratch(largest); }
  WorkspaceSize attention_scratch(const AttentionShape& largest) const override {
    return inner_->attention_scratch(largest);
  }
  WorkspaceSize cross_attention_scratch(const CrossAttentionShape& largest) const override {
    return inner_->cross_attention_scratch(largest);
  }
  WorkspaceSize cached_attention_scratch(const CachedAttentionShape& largest) const override {
    return inner_->cached_attention_scratch(largest);
  }
  WorkspaceSize output_head_scratch(const HeadShape& largest) const override {
    return inner_->output_head_scratch(largest);
  }
  WorkspaceSize combine_scratch(const CompositionShape& largest) const override {
    return inner_->combine_scratch(largest);
  }

 protected:
  Ops& inner() { return *inner_; }

 private:
  std::unique_ptr<Ops> inner_;
};

}  // namespace lorasweep
