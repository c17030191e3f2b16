// SPDX-License-Identifier: Apache-2.0
// Absorbed cross-attention on a CUDA device. Exact algebra: q_h . (W_k,h e) = (W_k,h^T q_h) . e, and sum_s p_s (W_v,h
// e_s) = W_v,h (sum_s p_s e_s).
//
// The heads of a sequence's targets are the rows of one product with its encoder states: one launch for the scores of
// all sequences, one for the softmax, one for the averages. With 16 heads even a single target fills a tensor tile's
// rows. Scores stay f32.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/warp.h"
#include "workers/ops/to_int32.h"

#include <algorithm>
#include <iterator>

namespace lorasweep {
namespace {

constexpr int threads = 128, rows_per_block = threads / warp_size;

/// Elements of a row of scores that is so long: full-width loads in either element.
constexpr Index padded(Index length) { return (length + 7) / 8 * 8; }

/// The scores of one sequence: rows [first_row, ...) of all rows, `length` wide, from element `at` on.
struct ScoreRows {
  Index at;
  std::int32_t first_row, length;
  Index stride;
};

// One warp a row; scores and probabilities lie at the same places of their matrices.
template <typename Out>
__global__ void __launch_bounds__(threads)
    softmax_kernel(Out* probabilities, const float* scores, const ScoreRows* sequences, int count, Index rows) {
  const Index row = Index{blockIdx.x} * rows_per_block + warp_index();
  if (row >= rows) return;
  int low = 0, high = count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (sequences[middle].first_row <= row)
      low = middle;
    else
      high = middle - 1;
  }
  const ScoreRows own = sequences[low];
  const float* in = scores + own.at + (row - own.first_row) * own.stride;
  Out* out = probabilities + own.at + (row - own.first_row) * own.stride;
  const int lane = lane_index();
  float highest = -INFINITY;
  for (int i = lane; i < own.length; i += warp_size) highest = fmaxf(highest, in[i]);
  highest = over_warp(highest, Max());
  float sum = 0;
  for (int i = lane; i < own.length; i += warp_size) sum += expf(in[i] - highest);
  const float scale = 1.0f / over_warp(sum, Sum());
  for (int i = lane; i < own.length; i += warp_size) store(out + i, expf(in[i] - highest) * scale);
}

// At most one term a segment: a cross-attention's keys, or its values.
struct OneTerm {
  const LoraSegment* segment;
  const LoraTerm* term;
  Index first;  ///< its columns of t begin here
};
std::vector<OneTerm> terms_of(const LoraBlock& block) {
  std::vector<OneTerm> terms;
  Index first = 0;
  for (const LoraSegment& segment : block.segments)
    for (const LoraTerm& term : segment.terms) {
      terms.push_back({&segment, &term, first});
      first += term.rank;
    }
  return terms;
}

/// Floats between the heads of t = x A^T: the same for blocks of any ranks, because all products of a launch share
/// their steps.
Index rank_step(std::span<const LoraBlock> blocks) {
  Index largest = 0;
  for (const LoraBlock& block : blocks) {
    Index ranks = 0;
    for (const OneTerm& one : terms_of(block)) ranks += one.term->rank;
    largest = std::max(largest, ranks);
  }
  return largest;
}

Index rows_of(std::span<const LoraBlock> blocks) {
  Index rows = 0;
  for (const LoraBlock& block : blocks) rows += block.rows();
  return rows;
}

// A product as the only one of its place, or as one of a sum.
void expand_into(const LoraBlock& block, const Product& product, std::vector<Product>& products, SumOfProducts& sum) {
  if (!block.weighted()) return products.push_back(product);
  sum.summands.push_back({.x = product.x,
                          .w = product.w,
                          .w_stride = product.w_stride,
                          .in = product.in,
                          .chosen = product.chosen,
                          .row_stride = product.row_stride});
  sum.y = product.y, sum.x_stride = product.x_stride, sum.y_stride = product.y_stride;
  sum.rows = product.rows, sum.cols = product.cols;
}

}  // namespace

// carried f32 [R, heads * d] += (q_h B_h) A, with b = B^T [rank, heads * width] and a = A^T [d, rank]: both are
// transposed where they are used.
void CudaOps::add_key_bypass(View carried, View q, Index heads, std::span<const LoraBlock> blocks) {
  const Index width = q.cols / heads, d = carried.cols / heads, step = rank_step(blocks);
  if (step == 0) return;
  float* t = scratch(Slot::bypass, Element::f32, rows_of(blocks), heads * step).f32();
  std::vector<Product> shrinks, expands;
  std::vector<SumOfProducts> sums;
  for (const LoraBlock& block : blocks) {
    const Index rows = block.rows();
    SumOfProducts& sum = sums.emplace_back();
    for (const auto& [segment, term, first] : terms_of(block)) {
      shrinks.push_back({.x = q.row_range(block.row_begin, rows).data,
                         .w = term->b.data,
                         .y = t + first,
                         .x_stride = q.stride,
                         .w_stride = term->b.stride,
                         .y_stride = heads * step,
                         .rows = to_int32(rows),
                         .in = to_int32(width),
                         .cols = to_int32(term->rank),
                         .chosen = segment->chosen,
                         .row_stride = block.row_stride});
      expand_into(block,
                  {.x = t + first,
                   .w = segment->a.columns(term->first_rank, term->rank).data,
                   .y = carried.row_range(block.row_begin, rows).data,
                   .x_stride = heads * step,
                   .w_stride = segment->a.stride,
                   .y_stride = carried.stride,
                   .rows = to_int32(rows),
                   .in = to_int32(term->rank),
                   .cols = to_int32(d),
                   .chosen = segment->chosen,
                   .row_stride = block.row_stride},
                  expands, sum);
    }
    t += rows * heads * step;
  }
  ProductKind shrink = product_kind(Element::f32, Element::f32, Element::f32, WeightLayout::transposed, Accumulate::no);
  shrink.heads = heads;
  shrink.x_head = width, shrink.w_head = width, shrink.y_head = step;
  grouped_product(*device_, descriptors_, shrink, std::move(shrinks));
  ProductKind expand =
      product_kind(Element::f32, Element::f32, Element::f32, WeightLayout::transposed, Accumulate::yes);
  expand.heads = heads;
  expand.x_head = step, expand.w_head = 0, expand.y_head = d;
  grouped_product(*device_, descriptors_, expand, std::move(expands));
  grouped_sums(*device_, descriptors_, expand, sums);
}

// context f32 [R, heads * width] += (c_h A^T) B_h^T
void CudaOps::add_value_bypass(View context, View averages, Index heads, std::span<const LoraBlock> blocks) {
  const Index width = context.cols / heads, d = averages.cols / heads, step = rank_step(blocks);
  if (step == 0) return;
  float* t = scratch(Slot::bypass, Element::f32, rows_of(blocks), heads * step).f32();
  std::vector<Product> shrinks, expands;
  std::vector<SumOfProducts> sums;
  for (const LoraBlock& block : blocks) {
    const Index rows = block.rows();
    SumOfProducts& sum = sums.emplace_back();
    for (const auto& [segment, term, first] : terms_of(block)) {
      shrinks.push_back({.x = averages.row_range(block.row_begin, rows).data,
                         .w = segment->a.columns(term->first_rank, term->rank).data,
                         .y = t + first,
                         .x_stride = d,
                         .w_stride = segment->a.stride,
                         .y_stride = step,
                         .rows = to_int32(rows * heads),
                         .in = to_int32(d),
                         .cols = to_int32(term->rank),
                         .chosen = segment->chosen,
                         .row_stride = block.row_stride});
      expand_into(block,
                  {.x = t + first,
                   .w = term->b.data,
                   .y = context.row_range(block.row_begin, rows).data,
                   .x_stride = heads * step,
                   .w_stride = term->b.stride,
                   .y_stride = context.stride,
                   .rows = to_int32(rows),
                   .in = to_int32(term->rank),
                   .cols = to_int32(width),
                   .chosen = segment->chosen,
                   .row_stride = block.row_stride},
                  expands, sum);
    }
    t += rows * heads * step;
  }
  grouped_product(*device_, descriptors_,
                  product_kind(averages.element, Element::f32, Element::f32, WeightLayout::plain, Accumulate::no),
                  std::move(shrinks));
  ProductKind expand = product_kind(Element::f32, Element::f32, Element::f32, WeightLayout::plain, Accumulate::yes);
  expand.heads = heads;
  expand.x_head = step, expand.w_head = width, expand.y_head = width;
  grouped_product(*device_, descriptors_, expand, std::move(expands));
  grouped_sums(*device_, descriptors_, expand, sums);
}

// averages [R, heads * d]: softmax(carried E^T) E, for every head of every target of a sequence, E being the states of
// its source.
void CudaOps::average_states(View averages, View carried, View states, const Sequences& targets,
                             const Sequences& sources, std::span<const Index> source_of, Index heads) {
  const Index d = states.cols;
  std::vector<ScoreRows> places;
  Index elements = 0;
  for (Index s = 0; s < targets.count(); ++s) {
    const Index length = sources.length(source_of[s]), stride = padded(length);
    places.push_back({.at = elements,
                      .first_row = to_int32(targets.begin(s) * heads),
                      .length = to_int32(length),
                      .stride = stride});
    elements += stride * targets.length(s) * heads;
  }
  const View scores = scratch(Slot::scores, Element::f32, 1, elements);
  const View probabilities = narrows() ? scratch(Slot::probabilities, activation_, 1, elements) : scores;
  std::vector<Product> score_products, average_products;
  for (Index s = 0; s < targets.count(); ++s) {
    const View source = states.row_range(sources.begin(source_of[s]), places[s].length);
    const std::int32_t rows = to_int32(targets.length(s) * heads);
    score_products.push_back({.x = carried.row_range(targets.begin(s), targets.length(s)).data,
                              .w = source.data,
                              .y = scores.columns(places[s].at, 1).data,
                              .x_stride = d,
                              .w_stride = states.stride,
                              .y_stride = places[s].stride,
                              .rows = rows,
                              .in = to_int32(d),
                              .cols = places[s].length});
    average_products.push_back({.x = probabilities.columns(places[s].at, 1).data,
                                .w = source.data,
                                .y = averages.row_range(targets.begin(s), targets.length(s)).data,
                                .x_stride = places[s].stride,
                                .w_stride = states.stride,
                                .y_stride = d,
                                .rows = rows,
                                .in = places[s].length,
                                .cols = to_int32(d)});
  }
  grouped_product(*device_, descriptors_,
                  product_kind(activation_, activation_, Element::f32, WeightLayout::transposed, Accumulate::no),
                  std::move(score_products));
  const Index rows = targets.rows() * heads;
  const Launch shape{.blocks_x = blocks_for(rows, rows_per_block), .threads = threads};
  const ScoreRows* on_device = descriptors_.put(std::span<const ScoreRows>(places));
  if (activation_ == Element::f32)
    launch("softmax", *device_, shape, softmax_kernel<float>, probabilities.f32(), scores.f32(), on_device,
           targets.count(), rows);
  else
    launch("softmax", *device_, shape, softmax_kernel<Bf16>, probabilities.as<Bf16>(), scores.f32(), on_device,
           targets.count(), rows);
  grouped_product(*device_, descriptors_,
                  product_kind(activation_, activation_, activation_, WeightLayout::plain, Accumulate::no),
                  std::move(average_products));
}

// Intermediate matrices are f32 wherever a bypass may be added, also when none is: a row must not be rounded in another
// place because of what the other members of its batch change.
void CudaOps::cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                              std::span<const Index> source_of, const CrossProjections& weights,
                              std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) {
  if (q.rows == 0) return;
  const Index heads = std::ssize(weights.value), rows = q.rows, d = states.cols;
  const auto narrowed = [&](View wide, Slot slot) {
    if (!narrows()) return wide;
    const View narrow = scratch(slot, activation_, wide.rows, wide.cols);
    convert(narrow, wide);
    return narrow;
  };

  const View carried = scratch(Slot::carried, Element::f32, rows, heads * d);
  heads_linear(carried, narrowed(q, Slot::narrow_query), weights.key_transposed);
  add_key_bypass(carried, q, heads, key_lora);

  const View averages = scratch(Slot::averages, activation_, rows, heads * d);
  average_states(averages, narrowed(carried, Slot::narrow_carried), states, targets, sources, source_of, heads);

  const View context = out.element == Element::f32 ? out : scratch(Slot::context, Element::f32, rows, out.cols);
  heads_linear(context, averages, weights.value);
  add_value_bypass(context, averages, heads, value_lora);
  if (out.element != Element::f32) convert(out, context);
}

WorkspaceSize CudaOps::cross_attention_scratch(const CrossAttentionShape& largest) const {
  const Index rows = largest.rows, heads = largest.heads, all = heads * largest.states, inner = heads * largest.width,
              scores = rows * heads * padded(largest.longest_source);
  WorkspaceSize size;
  size.matrix(Slot::carried, Element::f32, rows, all)
      .matrix(Slot::averages, activation_, rows, all)
      .matrix(Slot::scores, Element::f32, 1, scores)
      .matrix(Slot::bypass, Element::f32, rows, heads * largest.rank);
  if (narrows())
    size.matrix(Slot::narrow_query, activation_, rows, inner)
        .matrix(Slot::narrow_carried, activation_, rows, all)
        .matrix(Slot::probabilities, activation_, 1, scores)
        .matrix(Slot::context, Element::f32, rows, inner);
  return size;
}

}  // namespace lorasweep
