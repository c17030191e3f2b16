// SPDX-License-Identifier: Apache-2.0
// Matrix products by oneDNN, with primitives made once per shape.
#pragma once

#include "workers/ops.h"

#include <memory>
#include <string>

namespace lorasweep {

/// Which way a plain (unpacked) right-hand side lies: as [k, n], or as its transpose [n, k].
enum class Layout { plain, transposed };

/// Not thread-safe: one object per thread. A product's bits for a row depend neither on the other rows nor on
/// `threads`. In f32 the packed products are ours (panel_product.h), the same with AVX2 and AVX-512. In bf16 they are
/// oneDNN's brgemm where the processor has AVX-512 BF16 (same bits measured for oneDNN 2.6); elsewhere bf16 is widened
/// to f32: the same values, more slowly. tests/workers/cpu holds all to it.
class Matmul {
 public:
  explicit Matmul(int threads);
  ~Matmul();
  Matmul(Matmul&&) noexcept;
  Matmul& operator=(Matmul&&) noexcept;

  /// "oneDNN 2.6.3 (isa 7), products in panels": what the bits and the packed layout depend on, besides the kernels.
  static std::string description();

  /// Layout of packed weights: panels, or where oneDNN multiplies bf16 the one that it prefers for tall inputs.
  static std::size_t packed_bytes(Element element, Index in, Index out);
  static void pack(std::byte* packed, const float* weight /*[out, in]*/, Element element, Index in, Index out);

  /// y [m, out] (+)= x [m, in] W^T. Dense rows; x of the element W was packed for; y f32.
  void packed(View y, View x, const Projection& w, Accumulate accumulate);
  /// y [m, n] = x [m, k] w; dense rows. x and w have the same element; y f32 or bf16. By one thread.
  void plain(View y, View x, View w, Layout layout);
  /// For each of `batch` heads: scores[b] [m, n] = q[b] [m, k] * keys[b]^T. q and keys are strided f32 views whose head
  /// b begins at column b * k; scores is dense [batch, m, n].
  void scores(float* scores, View q, View keys, Index batch);
  /// For each head: out[:, b * k : (b + 1) * k] = scores[b] [m, n] * values[b] [n, k].
  void weighted_sums(View out, const float* scores, View values, Index batch);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorasweep
