// SPDX-License-Identifier: Apache-2.0
// The bypasses of all members: one launch for t = x A^T of every segment, one for y += t B^T of every changed site. t
// stays f32.
//
// The sites of a block change different columns of y, and blocks have different rows or change different columns: no
// two products of a launch write the same place.
#include "workers/cuda/cuda_ops.h"
#include "workers/ops/to_int32.h"

#include <algorithm>
#include <iterator>

namespace lorasweep {
namespace {

// y += t B^T of the sites that a block's segments change, each the sum of its segments' terms in their order.
void add_sums(const LoraBlock& block, View y, const float* t, std::vector<SumOfProducts>& sums) {
  const std::size_t before = sums.size();
  std::vector<Index> column_of;
  Index first = 0;
  for (const LoraSegment& segment : block.segments) {
    for (const LoraTerm& term : segment.terms) {
      const std::size_t place = std::ranges::find(column_of, term.column) - column_of.begin();
      if (place == column_of.size()) {
        column_of.push_back(term.column);
        sums.push_back({.summands = {},
                        .y = y.row_range(block.row_begin, block.rows()).columns(term.column, term.out).data,
                        .x_stride = block.columns(),
                        .y_stride = y.stride,
                        .rows = block.rows(),
                        .cols = term.out});
      }
      sums[before + place].summands.push_back({.x = t + first + term.first_rank,
                                               .w = term.b.data,
                                               .w_stride = term.b.stride,
                                               .in = term.rank,
                                               .chosen = segment.chosen,
                                               .row_stride = block.row_stride});
    }
    first += segment.a.cols;
  }
}

// The same where one segment's factors were summed before.
void add_products(const LoraBlock& block, View y, const float* t, std::vector<Product>& products) {
  for (const LoraTerm& term : block.segments.front().terms)
    products.push_back({.x = t + term.first_rank,
                        .w = term.b.data,
                        .y = y.row_range(block.row_begin, block.rows()).columns(term.column, term.out).data,
                        .x_stride = block.columns(),
                        .w_stride = term.b.stride,
                        .y_stride = y.stride,
                        .rows = to_int32(block.rows()),
                        .in = to_int32(term.rank),
                        .cols = to_int32(term.out)});
}

}  // namespace

void CudaOps::lora(View y, View x, std::span<const LoraBlock> blocks) {
  Index elements = 0;
  for (const LoraBlock& block : blocks) elements += block.rows() * block.columns();
  if (elements == 0) return;
  float* t = scratch(Slot::bypass, Element::f32, 1, elements).f32();

  std::vector<Product> shrinks, expands;
  std::vector<SumOfProducts> sums;
  for (const LoraBlock& block : blocks) {
    const Index rows = block.rows(), columns = block.columns();
    if (rows == 0 || columns == 0) continue;
    Index first = 0;
    for (const LoraSegment& segment : block.segments) {
      shrinks.push_back({.x = x.row_range(block.row_begin, rows).data,
                         .w = segment.a.data,
                         .y = t + first,
                         .x_stride = x.stride,
                         .w_stride = segment.a.stride,
                         .y_stride = columns,
                         .rows = to_int32(rows),
                         .in = to_int32(segment.a.rows),
                         .cols = to_int32(segment.a.cols),
                         .chosen = segment.chosen,
                         .row_stride = block.row_stride});
      first += segment.a.cols;
    }
    if (block.weighted())
      add_sums(block, y, t, sums);
    else
      add_products(block, y, t, expands);
    t += rows * columns;
  }
  grouped_product(*device_, descriptors_,
                  product_kind(x.element, Element::f32, Element::f32, WeightLayout::plain, Accumulate::no),
                  std::move(shrinks));
  const ProductKind expand =
      product_kind(Element::f32, Element::f32, Element::f32, WeightLayout::plain, Accumulate::yes);
  grouped_product(*device_, descriptors_, expand, std::move(expands));
  grouped_sums(*device_, descriptors_, expand, sums);
}

WorkspaceSize CudaOps::lora_scratch(const LoraShape& largest) const {
  return WorkspaceSize().matrix(Slot::bypass, Element::f32, largest.rows, largest.columns);
}

}  // namespace lorasweep
