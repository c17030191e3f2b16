// SPDX-License-Identifier: Apache-2.0
// The bypasses of all members: one launch for t = x A^T of every block, one for y += t B^T of every term. t stays f32.
//
// The terms of a block change different columns of y (they are different sites), and blocks have different rows: no two
// products of a launch write the same place.
#include "workers/cuda/cuda_ops.h"

#include <algorithm>

namespace lorasweep {

void CudaOps::lora(View y, View x, std::span<const LoraBlock> blocks) {
  std::int64_t elements = 0;
  for (const LoraBlock& block : blocks) elements += (block.row_end - block.row_begin) * block.a.cols;
  if (elements == 0) return;
  float* t = scratch(Scratch::bypass, Element::f32, 1, elements).f32();

  std::vector<Product> shrinks, expands;
  for (const LoraBlock& block : blocks) {
    const std::int32_t rows = block.row_end - block.row_begin;
    const std::int64_t rank = block.a.cols;
    if (rows == 0 || rank == 0) continue;
    shrinks.push_back({.x = x.row_range(block.row_begin, rows).data,
                       .w = block.a.data,
                       .y = t,
                       .x_stride = x.stride,
                       .w_stride = block.a.stride,
                       .y_stride = rank,
                       .rows = rows,
                       .in = static_cast<std::int32_t>(block.a.rows),
                       .cols = static_cast<std::int32_t>(rank)});
    for (const LoraTerm& term : block.terms)
      expands.push_back({.x = t + term.first_rank,
                         .w = term.b.data,
                         .y = y.row_range(block.row_begin, rows).columns(term.column, term.out).data,
                         .x_stride = rank,
                         .w_stride = term.b.stride,
                         .y_stride = y.stride,
                         .rows = rows,
                         .in = term.rank,
                         .cols = term.out});
    t += rows * rank;
  }
  grouped_product(*device_, descriptors_,
                  product_kind(x.element, Element::f32, Element::f32, WeightLayout::plain, Accumulate::no),
                  std::move(shrinks));
  grouped_product(*device_, descriptors_,
                  product_kind(Element::f32, Element::f32, Element::f32, WeightLayout::plain, Accumulate::yes),
                  std::move(expands));
}

}  // namespace lorasweep
