// SPDX-License-Identifier: Apache-2.0
// Ops that compute, and add up how many multiply-adds they were asked for.
#pragma once

#include "pipeline/cost/effort.h"
#include "workers/forwarding_ops.h"

#include <memory>
#include <utility>

namespace lorasweep {

inline double product(Index a, Index b) { return static_cast<double>(a) * static_cast<double>(b); }

class CountingOps final : public ForwardingOps {
 public:
  CountingOps(std::unique_ptr<Ops> inner, Effort& counted) : ForwardingOps(std::move(inner)), counted_(counted) {}

  void linear(View y, View x, const Projection& w, Accumulate accumulate) override {
    counted_.maps += product(x.rows, w.in) * static_cast<double>(w.out);
    counted_.calls += 1;
    ForwardingOps::linear(y, x, w, accumulate);
  }
  void lora(View y, View x, std::span<const LoraBlock> blocks) override {
    for (const LoraBlock& block : blocks)
      for (const LoraSegment& segment : block.segments)
        for (const LoraTerm& term : segment.terms)
          counted_.bypass += product(block.rows(), term.rank) * static_cast<double>(x.cols + term.out);
    ForwardingOps::lora(y, x, blocks);
  }
  void attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                 const RelativeBiasTable& bias, Mask mask) override {
    for (Index i = 0; i < sequences.count(); ++i)
      counted_.attention += 2 * product(sequences.length(i), sequences.length(i)) * static_cast<double>(q.cols);
    ForwardingOps::attention(out, q, k, v, sequences, heads, bias, mask);
  }
  void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                        std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) override {
    for (const Index position : positions) counted_.attention += 2 * product(position + 1, out.cols);
    ForwardingOps::cached_attention(out, qkv, cache, slots, positions, heads, bias);
  }
  void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                       std::span<const Index> source_of, const CrossProjections& weights,
                       std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) override {
    const Index heads = std::ssize(weights.value);
    for (Index i = 0; i < targets.count(); ++i)
      counted_.attention += 2 * product(targets.length(i), sources.length(source_of[i])) * product(heads, states.cols);
    for (const auto* maps : {&weights.key_transposed, &weights.value}) {
      counted_.calls += 1;
      for (const Projection& w : *maps) counted_.maps += product(q.rows, w.in) * static_cast<double>(w.out);
    }
    // of every head: an average of states through A, and its own columns of B
    for (const std::span<const LoraBlock> blocks : {key_lora, value_lora})
      for (const LoraBlock& block : blocks)
        for (const LoraSegment& segment : block.segments)
          for (const LoraTerm& term : segment.terms)
            counted_.bypass += product(block.rows(), term.rank) * static_cast<double>(heads * states.cols + term.out);
    ForwardingOps::cross_attention(out, q, states, targets, sources, source_of, weights, key_lora, value_lora);
  }
  void target_nll(View out, View x, const Projection& head, View labels) override {
    counted_.maps += product(x.rows, head.in) * static_cast<double>(head.out);
    ForwardingOps::target_nll(out, x, head, labels);
  }
  void argmax(View out, View x, const Projection& head) override {
    counted_.maps += product(x.rows, head.in) * static_cast<double>(head.out);
    ForwardingOps::argmax(out, x, head);
  }

 private:
  Effort& counted_;
};

}  // namespace lorasweep
