// SPDX-License-Identifier: Apache-2.0
// The row kernels of the CPU engine: one source (kernels.cpp), compiled once per instruction set, chosen at run time.
//
// Each kernel's result for a row depends on that row alone. Raw pointers only: a template instantiated for a newer
// instruction set must not be picked by the linker for the whole program.
#pragma once

#include "workers/cpu/instruction_set.h"
#include "workers/ops/index.h"

#include <cstdint>

namespace lorasweep {

/// One of several products that are summed: x[:, first : first + k] * w[k, n], row stride of w in elements.
struct ProductSegment {
  Index first = 0;
  const float* w = nullptr;
  Index w_stride = 0, k = 0;
};

struct Kernels {
  const char* name;  ///< instruction set, for messages

  /// out = x / sqrt(mean(x^2) + epsilon) * gain; one of out_f32, out_bf16 is given.
  void (*rms_norm)(const float* x, const float* gain, float epsilon, Index n, float* out_f32, std::uint16_t* out_bf16);
  /// out = gelu_tanh(gate) * linear
  void (*gated_gelu)(const float* gate, const float* linear, Index n, float* out_f32, std::uint16_t* out_bf16);
  void (*gated_silu)(const float* gate, const float* linear, Index n, float* out_f32, std::uint16_t* out_bf16);
  void (*relu)(const float* in, Index n, float* out_f32, std::uint16_t* out_bf16);
  /// scores[0..n) += bias (may be null), then softmax in place; scores[n..total) become 0.
  void (*softmax)(float* scores, const float* bias, Index n, Index total);
  /// sum of exp(x - max) over n values; `max` is set to the largest.
  double (*sum_exp)(const float* x, Index n, float* max);
  /// index of the largest value, the lowest index on a tie
  Index (*argmax)(const float* x, Index n);
  void (*narrow)(const float* in, Index n, std::uint16_t* out);  ///< f32 -> bf16, nearest even
  void (*widen)(const std::uint16_t* in, Index n, float* out);
  /// y[m, n] (+)= x[m, k] * w[k, n]: small matrices in plain layout; row strides in elements
  void (*multiply)(float* y, Index y_stride, const float* x, Index x_stride, const float* w, Index w_stride, Index m,
                   Index k, Index n, bool accumulate);
  /// y[m, n] += the sum of `count` products of x: each from 0, one after the other, then y.
  void (*multiply_sum)(float* y, Index y_stride, const float* x, Index x_stride, const ProductSegment* products,
                       Index count, Index m, Index n);
  /// One query of one head against `length` cached keys and values (row stride `stride`): out[width] = softmax(q K^T +
  /// bias) V
  void (*attend)(const float* q, const float* keys, const float* values, Index stride, const float* bias, Index length,
                 Index width, float* scores, float* out);
  /// out[i] = sum over j of weights[j] * rows[j][i], in order, product and sum each rounded (no fused multiply-add)
  void (*combine)(float* out, const float* const* rows, const float* weights, Index count, Index n);
  /// y[rows, 16 * count] (+)= x * panels with rows <= tile_rows, count <= tile_panels, x [k, tile_rows], each panel
  /// [k, 16] (panel_product.h) and `panel_stride` floats from the one before; row stride of y in elements. An output is
  /// the same with every instruction set that fuses multiply and add.
  void (*panel_tile)(float* y, Index y_stride, const float* x, const float* panels, Index panel_stride, Index rows,
                     Index count, Index k, bool accumulate);
  Index tile_rows, tile_panels;
  Index block_inputs;  ///< how many inputs of a block of rows its caches hold
  void (*scale)(float* out, const float* in, float factor, Index n);
};

/// Those compiled for `set`, or for the best below it that was compiled.
const Kernels& kernels_for(InstructionSet set);
/// Those of instruction_set().
const Kernels& best_kernels();
/// The portable set, for comparison.
const Kernels& portable_kernels();

}  // namespace lorasweep
