// SPDX-License-Identifier: Apache-2.0
// Absorbed cross-attention on the CPU. Exact algebra: q_h . (W_k,h e) = (W_k,h^T q_h) . e, and sum_s p_s (W_v,h e_s) =
// W_v,h (sum_s p_s e_s).
#include "workers/cpu/bypass.h"
#include "workers/cpu/cpu_ops.h"
#include "workers/cpu/loop_failure.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// Columns [first, first + to.cols) of every row of `from`, made dense.
void gather_columns(View to, View from, Index first) {
  for (Index row = 0; row < from.rows; ++row) {
    const View own = to.row_range(row, 1);
    std::memcpy(own.data, from.row_range(row, 1).columns(first, to.cols).data, own.bytes());
  }
}
void scatter_columns(View to, Index first, View from) {
  for (Index row = 0; row < from.rows; ++row) {
    const View own = from.row_range(row, 1);
    std::memcpy(to.row_range(row, 1).columns(first, from.cols).data, own.data, own.bytes());
  }
}

// At most one term a segment: a cross-attention's keys, or its values.
std::vector<std::pair<const LoraSegment*, const LoraTerm*>> terms_of(const LoraBlock& block) {
  std::vector<std::pair<const LoraSegment*, const LoraTerm*>> terms;
  for (const LoraSegment& segment : block.segments)
    for (const LoraTerm& term : segment.terms) terms.emplace_back(&segment, &term);
  return terms;
}
Index ranks_of(const LoraBlock& block) {
  Index ranks = 0;
  for (const auto& [segment, term] : terms_of(block)) ranks += term->rank;
  return ranks;
}

// to [rank, d] <- the first columns of a, by rows of `stride`
void turn(View to, const float* a, Index stride) {
  for (Index i = 0; i < to.cols; ++i)
    for (Index r = 0; r < to.rows; ++r) to.f32()[r * to.stride + i] = a[i * stride + r];
}

}  // namespace

// q~ [rows, heads * d]: the queries, carried into the space of the encoder's states.
void CpuOps::carry_queries(View carried, View q, const CrossProjections& weights) {
  const Index heads = std::ssize(weights.key_transposed), width = q.cols / heads, d = carried.cols / heads;
  const View head_in = scratch(Slot::narrow_head, options_.activation, q.rows, width);
  const View head_out = scratch(Slot::wide_head, Element::f32, q.rows, d);
  for (Index h = 0; h < heads; ++h) {
    put(head_in, q.columns(h * width, width));
    matmul_.packed(head_out, head_in, weights.key_transposed[h], Accumulate::no);
    scatter_columns(carried, h * d, head_out);
  }
}

// q~_h += (q_h B_h) A, with b = B^T [rank, heads * width] and a = A^T [d, rank] both stored transposed. All heads of
// all rows are the rows of one product with A.
void CpuOps::add_key_bypass(View carried, View q, Index heads, std::span<const LoraBlock> blocks) {
  const Index width = q.cols / heads, d = carried.cols / heads;
  for (const LoraBlock& block : blocks) {
    const Index rows = block.rows(), ranks = ranks_of(block);
    if (rows == 0 || ranks == 0) continue;
    const View t = scratch(Slot::bypass, Element::f32, rows * heads, ranks),
               turned = scratch(Slot::turned, Element::f32, ranks, d);
    const View own = q.row_range(block.row_begin, rows);
    std::vector<ProductSegment> products;
    Index first = 0;
    for (const auto& [segment, term] : terms_of(block)) {
      const Index rank = term->rank;
      const float* a = chosen_factor(block, *segment, segment->a) + term->first_rank;
      const View turned_a = turned.row_range(first, rank);
      turn(turned_a, a, segment->a.stride);
      const float* b = chosen_factor(block, *segment, term->b);
      std::vector<float> b_head(width * rank);
      for (Index h = 0; h < heads; ++h) {
        for (Index i = 0; i < width; ++i)
          for (Index r = 0; r < rank; ++r) b_head[i * rank + r] = b[r * term->b.stride + h * width + i];
        kernels_.multiply(t.f32() + h * ranks + first, heads * ranks, own.f32() + h * width, own.stride, b_head.data(),
                          rank, rows, width, rank, false);
      }
      weigh(t.columns(first, rank), *segment);
      products.push_back({.first = first, .w = turned_a.f32(), .w_stride = d, .k = rank});
      first += rank;
    }
    float* const out = carried.f32() + block.row_begin * carried.stride;
    if (block.weighted())
      kernels_.multiply_sum(out, d, t.f32(), ranks, products.data(), std::ssize(products), rows * heads, d);
    else
      kernels_.multiply(out, d, t.f32(), ranks, turned.f32(), d, rows * heads, ranks, d, true);
  }
}

// c [rows, heads * d]: averages of the encoder's states. All heads of a sequence are the rows of one product.
void CpuOps::average_states(View averages, View carried, View states, const Sequences& targets,
                            const Sequences& sources, std::span<const Index> source_of, Index heads) {
  const Index d = states.cols;
  const int threads = options_.threads;
  Index most = 0;
  for (Index s = 0; s < targets.count(); ++s)
    most = std::max(most, targets.length(s) * heads * sources.length(source_of[s]));
  const View scores = scratch(Slot::scores, Element::f32, threads, row_of_thread(most));
  const View narrow_scores =
      narrows() ? scratch(Slot::narrow_scores, options_.activation, threads, row_of_thread(most)) : scores;
  const auto of_sequence = [&](Index s) {
    const int thread = omp_get_thread_num();
    const Index first = targets.begin(s), queries = targets.length(s) * heads, length = sources.length(source_of[s]);
    const View source = states.row_range(sources.begin(source_of[s]), length);
    const auto of_all_heads = [&](View view) {
      return View{view.row_range(first, targets.length(s)).data, view.element, queries, d, d};
    };
    View p{scores.row_range(thread, 1).data, Element::f32, queries, length, length};
    single_[thread].plain(p, of_all_heads(carried), source, Layout::transposed);
    for (Index i = 0; i < queries; ++i) kernels_.softmax(p.f32() + i * length, nullptr, length, length);
    if (narrows()) {
      const View narrow{narrow_scores.row_range(thread, 1).data, options_.activation, queries, length, length};
      kernels_.narrow(p.f32(), queries * length, narrow.bf16());
      p = narrow;
    }
    single_[thread].plain(of_all_heads(averages), p, source, Layout::plain);
  };
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
  for (Index s = 0; s < targets.count(); ++s) failure.guard([&] { of_sequence(s); });
  failure.rethrow();
}

// o [rows, heads * width]
void CpuOps::project_averages(View context, View averages, const CrossProjections& weights) {
  const Index heads = std::ssize(weights.value), rows = context.rows, width = context.cols / heads,
              d = averages.cols / heads;
  const View head_average = scratch(Slot::wide_head, options_.activation, rows, d);
  const View head_context = scratch(Slot::narrow_head, Element::f32, rows, width);
  for (Index h = 0; h < heads; ++h) {
    gather_columns(head_average, averages, h * d);
    matmul_.packed(head_context, head_average, weights.value[h], Accumulate::no);
    scatter_columns(context, h * width, head_context);
  }
}

// o_h += (c_h A^T) B_h^T
void CpuOps::add_value_bypass(View context, View averages, Index heads, std::span<const LoraBlock> blocks) {
  if (blocks.empty()) return;
  const Index width = context.cols / heads, d = averages.cols / heads;
  const View wide = as_f32(averages, Slot::carried);  // whose own content is used up
  for (const LoraBlock& block : blocks) {
    const Index rows = block.rows(), ranks = ranks_of(block);
    if (rows == 0 || ranks == 0) continue;
    const View t = scratch(Slot::bypass, Element::f32, rows * heads, ranks);
    std::vector<ProductSegment> products;
    Index first = 0;
    for (const auto& [segment, term] : terms_of(block)) {
      kernels_.multiply(t.f32() + first, ranks, wide.f32() + block.row_begin * wide.stride, d,
                        chosen_factor(block, *segment, segment->a) + term->first_rank, segment->a.stride, rows * heads,
                        d, term->rank, false);
      weigh(t.columns(first, term->rank), *segment);
      products.push_back(
          {.first = first, .w = chosen_factor(block, *segment, term->b), .w_stride = term->b.stride, .k = term->rank});
      first += term->rank;
    }
    for (Index h = 0; h < heads; ++h) {  // rows of a head are `heads` apart
      float* const out = context.f32() + block.row_begin * context.stride + h * width;
      const float* const own = t.f32() + h * ranks;
      if (block.weighted())
        kernels_.multiply_sum(out, context.stride, own, heads * ranks, products.data(), std::ssize(products), rows,
                              width);
      else
        kernels_.multiply(out, context.stride, own, heads * ranks, products[0].w, products[0].w_stride, rows, ranks,
                          width, true);
      for (ProductSegment& product : products) product.w += width;
    }
  }
}

void CpuOps::cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                             std::span<const Index> source_of, const CrossProjections& weights,
                             std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) {
  if (q.rows == 0) return;
  const Index heads = std::ssize(weights.value), all = heads * states.cols;
  const View carried = scratch(Slot::carried, Element::f32, q.rows, all);
  carry_queries(carried, q, weights);
  add_key_bypass(carried, q, heads, key_lora);
  View keys = carried;
  if (narrows()) {
    keys = scratch(Slot::narrow_carried, options_.activation, q.rows, all);
    put(keys, carried);
  }
  const View averages = scratch(Slot::averages, options_.activation, q.rows, all);
  average_states(averages, keys, states, targets, sources, source_of, heads);
  const View context = f32_in_place_of(out);
  project_averages(context, averages, weights);
  add_value_bypass(context, averages, heads, value_lora);
  if (out.element != Element::f32) put(out, context);
}

WorkspaceSize CpuOps::cross_attention_scratch(const CrossAttentionShape& largest) const {
  const Index rows = largest.rows, heads = largest.heads, all = heads * largest.states;
  const Index scores = row_of_thread(largest.longest_target * heads * largest.longest_source);
  WorkspaceSize size;
  size.matrix(Slot::narrow_head, Element::f32, rows, largest.width)
      .matrix(Slot::wide_head, Element::f32, rows, largest.states)
      .matrix(Slot::carried, Element::f32, rows, all)
      .matrix(Slot::averages, options_.activation, rows, all)
      .matrix(Slot::scores, Element::f32, options_.threads, scores)
      .matrix(Slot::bypass, Element::f32, rows * heads, largest.rank)
      .matrix(Slot::turned, Element::f32, largest.rank, largest.states);
  if (narrows())
    size.matrix(Slot::narrow_carried, options_.activation, rows, all)
        .matrix(Slot::narrow_scores, options_.activation, options_.threads, scores)
        .matrix(Slot::context, Element::f32, rows, heads * largest.width);
  return size;
}

}  // namespace lorasweep
