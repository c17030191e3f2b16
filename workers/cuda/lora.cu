// SPDX-License-Identifier: Apache-2.0
// The bypasses of all members: one launch for t = x A^T of every block, one for y += t B^T of every term. t stays f32.
//
// The terms of a block change different columns of y (they are different sites), and blocks have different rows: no two
// products of a launch write the same place.
#include "workers/cuda/cuda_ops.h"
#include "workers/ops/to_int32.h"

namespace lorasweep {

void CudaOps::lora(View y, View x, std::span<const LoraBlock> blocks) {
  Index elements = 0;
  for (const LoraBlock& block : blocks) elements += block.rows() * block.a.cols;
  if (elements == 0) return;
  float* t = scratch(Slot::bypass, Element::f32, 1, elements).f32();

  std::vector<Product> shrinks, expands;
  for (const LoraBlock& block : blocks) {
    const Index rows = block.rows(), rank = block.a.cols;
    if (rows == 0 || rank == 0) continue;
    shrinks.push_back({.x = x.row_range(block.row_begin, rows).data,
                       .w = block.a.data,
                       .y = t,
                       .x_stride = x.stride,
                       .w_stride = block.a.stride,
                       .y_stride = rank,
                       .rows = to_int32(rows),
                       .in = to_int32(block.a.rows),
                       .cols = to_int32(rank)});
    for (const LoraTerm& term : block.terms)
      expands.push_back({.x = t + term.first_rank,
                         .w = term.b.data,
                         .y = y.row_range(block.row_begin, rows).columns(term.column, term.out).data,
                         .x_stride = rank,
                         .w_stride = term.b.stride,
                         .y_stride = y.stride,
                         .rows = to_int32(rows),
                         .in = to_int32(term.rank),
                         .cols = to_int32(term.out)});
    t += rows * rank;
  }
  grouped_product(*device_, descriptors_,
                  product_kind(x.element, Element::f32, Element::f32, WeightLayout::plain, Accumulate::no),
                  std::move(shrinks));
  grouped_product(*device_, descriptors_,
                  product_kind(Element::f32, Element::f32, Element::f32, WeightLayout::plain, Accumulate::yes),
                  std::move(expands));
}

WorkspaceSize CudaOps::lora_scratch(const LoraShape& largest) const {
  return WorkspaceSize().matrix(Slot::bypass, Element::f32, largest.rows, largest.columns);
}

}  // namespace lorasweep
