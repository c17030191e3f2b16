// SPDX-License-Identifier: Apache-2.0
// Many small products in one launch: the bypasses of all members, the score and average products of all sequences.
//
// A block computes one tile of 64 x 64 outputs over the whole inner dimension, in steps of fixed length that begin at
// 0. So an output's bits depend on its row of x and its column of w only: not on where the row lies in its tile, not on
// the other products, not on the grid.
#pragma once

#include "workers/cuda/descriptors.h"
#include "workers/cuda/device.h"
#include "workers/ops.h"

#include <cstdint>
#include <vector>

namespace lorasweep {

/// y [rows, cols] (+)= x [rows, in] w, where w lies as [in, cols], or as its transpose [cols, in]. Device pointers;
/// strides in elements.
struct Product {
  const void* x = nullptr;
  const void* w = nullptr;
  void* y = nullptr;
  Index x_stride = 0, w_stride = 0, y_stride = 0;
  std::int32_t rows = 0, in = 0, cols = 0;
  std::int32_t first_tile = 0;  ///< of the launch; filled in by grouped_product()
  /// Given: w lies chosen->row * row_stride elements further, and the product is multiplied by chosen->weight.
  const WeightedRow* chosen = nullptr;
  Index row_stride = 0;
};

/// One product of a sum: w as in Product, but not multiplied by any weight.
struct Summand {
  const void* x = nullptr;
  const void* w = nullptr;
  Index w_stride = 0, in = 0;
  const WeightedRow* chosen = nullptr;
  Index row_stride = 0;
};

/// y [rows, cols] += the sum of products that share the rows of x: each from 0, one after the other, then y.
struct SumOfProducts {
  std::vector<Summand> summands;
  void* y = nullptr;
  Index x_stride = 0, y_stride = 0;
  Index rows = 0, cols = 0;
};

enum class WeightLayout { plain, transposed };

/// What all products of a launch have in common.
struct ProductKind {
  Element x = Element::f32, w = Element::f32, y = Element::f32;
  WeightLayout layout = WeightLayout::plain;
  Accumulate accumulate = Accumulate::no;
  /// f32: fused multiply-adds in f32, along `in` in order. bf16: on the tensor cores with f32 sums, where an f32
  /// operand is given as the sum of two bf16 values (16 of its 24 bits; the product of the two low parts, 2^-16 of the
  /// whole, is left out), so that a bypass keeps far more precision than the bf16 weights it changes.
  Element precision = Element::f32;
  /// Every product once per head; from one head to the next its operands lie this number of elements further.
  Index heads = 1;
  Index x_head = 0, w_head = 0, y_head = 0;
};

/// Outputs of different products must not overlap.
void grouped_product(const Device& device, Descriptors& descriptors, const ProductKind& kind,
                     std::vector<Product> products);

/// The same for sums; `kind` says `Accumulate::yes` and has operands in f32.
void grouped_sums(const Device& device, Descriptors& descriptors, const ProductKind& kind,
                  const std::vector<SumOfProducts>& sums);

}  // namespace lorasweep
