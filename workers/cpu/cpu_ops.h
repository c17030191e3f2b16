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
class CpuOps final : public Ops {
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

  std::size_t packed_bytes(int in, int out) const override;
  void pack(std::byte* packed, const float* weight, int in, int out) const override;

  void embed(View out, View table, View ids) override;
  void rms_norm(View out, View in, View gain, double epsilon) override;
  void linear(View y, View x, const Projection& w, Accumulate accumulate) override;
  void lora(View y, View x, std::span<const LoraBlock> blocks) override;
  void attention(View out, View q, View k, View v, const Sequences& sequences, int heads, const RelativeBiasTable& bias,
                 Mask mask) override;
  void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                       std::span<const std::int32_t> source_of, const CrossProjections& weights,
                       std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) override;
  void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const std::int32_t> slots,
                        std::span<const std::int32_t> positions, int heads, const RelativeBiasTable& bias) override;
  void activate(View out, View in, Activation activation) override;
  void target_nll(View out, View x, const Projection& head, View labels) override;
  void argmax(View out, View x, const Projection& head) override;
  void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
               std::span<const std::vector<float>> weights) override;
  void stack(View out, View library, std::span<const StackedPart> parts, std::span<const std::int32_t> members,
             std::span<const std::vector<float>> weights) override;
  void scale_copy(View out, View in, float factor) override;

 private:
  /// Scratch memory of `count` elements that lives until the same slot is asked again.
  View scratch(int slot, Element element, std::int64_t rows, std::int64_t cols);
  /// x as f32: itself, or widened into scratch.
  View as_f32(View x, int slot);
  /// Copies f32 rows into `out`, narrowing where out is bf16.
  void put(View out, View in);

  CpuOptions options_;
  const Kernels& kernels_;
  Matmul matmul_;                           ///< with all threads of the worker
  std::vector<Matmul> single_;              ///< one per thread, for work that is split by sequence
  std::vector<std::vector<float>> scores_;  ///< one per thread
  std::vector<std::vector<std::uint16_t>> narrow_scores_;
  std::vector<std::shared_ptr<std::byte>> slots_;
  std::vector<std::size_t> slot_bytes_;
};

}  // namespace lorasweep
