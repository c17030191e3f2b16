// SPDX-License-Identifier: Apache-2.0
// Ops that wait after every call and add up what it took, by kind of work.
#pragma once

#include "workers/forwarding_ops.h"

#include <array>
#include <chrono>
#include <memory>

namespace lorasweep::bench {

enum class Kind { composition, bypass, attention, products, head, elementwise, transfers };
inline constexpr std::array kind_names = {"composition", "bypass",      "attention", "products",
                                          "head",        "elementwise", "transfers"};

/// Waiting after every operation lengthens short ones: the shares are right where an operation is long against a
/// launch, and the sum is not the time of an evaluation. Cross-attention counts as attention with its projections and
/// its bypass inside.
class TimedOps final : public ForwardingOps {
 public:
  using Seconds = std::array<double, kind_names.size()>;

  /// `seconds` must outlive it.
  TimedOps(std::unique_ptr<Ops> inner, Seconds& seconds) : ForwardingOps(std::move(inner)), seconds_(seconds) {}

  /// Never recorded: what is replayed as a whole has no parts that could be timed.
  void repeat(const std::string&, const std::function<void()>& body) override { body(); }

  void upload(View out, const void* host) override {
    time(Kind::transfers, [&] { ForwardingOps::upload(out, host); });
  }
  void download(void* host, View in) override {
    time(Kind::transfers, [&] { ForwardingOps::download(host, in); });
  }
  void embed(View out, View table, View ids) override {
    time(Kind::elementwise, [&] { ForwardingOps::embed(out, table, ids); });
  }
  void rms_norm(View out, View in, View gain, double epsilon) override {
    time(Kind::elementwise, [&] { ForwardingOps::rms_norm(out, in, gain, epsilon); });
  }
  void activate(View out, View in, Activation activation) override {
    time(Kind::elementwise, [&] { ForwardingOps::activate(out, in, activation); });
  }
  void linear(View y, View x, const Projection& w, Accumulate accumulate) override {
    time(Kind::products, [&] { ForwardingOps::linear(y, x, w, accumulate); });
  }
  void lora(View y, View x, std::span<const LoraBlock> blocks) override {
    time(Kind::bypass, [&] { ForwardingOps::lora(y, x, blocks); });
  }
  void attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                 const RelativeBiasTable& bias, Mask mask) override {
    time(Kind::attention, [&] { ForwardingOps::attention(out, q, k, v, sequences, heads, bias, mask); });
  }
  void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                       std::span<const Index> source_of, const CrossProjections& weights,
                       std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) override {
    time(Kind::attention, [&] {
      ForwardingOps::cross_attention(out, q, states, targets, sources, source_of, weights, key_lora, value_lora);
    });
  }
  void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                        std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) override {
    time(Kind::attention, [&] { ForwardingOps::cached_attention(out, qkv, cache, slots, positions, heads, bias); });
  }
  void target_nll(View out, View x, const Projection& head, View labels) override {
    time(Kind::head, [&] { ForwardingOps::target_nll(out, x, head, labels); });
  }
  void argmax(View out, View x, const Projection& head) override {
    time(Kind::head, [&] { ForwardingOps::argmax(out, x, head); });
  }
  void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
               std::span<const std::vector<float>> weights) override {
    time(Kind::composition, [&] { ForwardingOps::combine(out, library, rows, weights); });
  }

 private:
  template <typename Call>
  void time(Kind kind, Call call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    wait_all();
    seconds_[static_cast<std::size_t>(kind)] +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  Seconds& seconds_;
};

}  // namespace lorasweep::bench
