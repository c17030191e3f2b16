// SPDX-License-Identifier: Apache-2.0
// Absorbed cross-attention on the CPU. Exact algebra: q_h . (W_k,h e) = (W_k,h^T q_h) . e, and sum_s p_s (W_v,h e_s) =
// W_v,h (sum_s p_s e_s).
#include "workers/cpu/cpu_ops.h"
#include "workers/cpu/loop_failure.h"

#include <omp.h>

#include <algorithm>
#include <cstring>

namespace lorasweep {
namespace {

// Scratch slots of this operation; 0 and 1 belong to lora().
enum Slot { narrow_head = 3, wide_head, absorbed, absorbed_activation, scores, averages, result };

// Columns [first, first + to.cols) of every row of `from`, made dense.
void gather_columns(View to, View from, std::int64_t first) {
  const std::int64_t size = bytes_of(from.element);
  for (std::int64_t row = 0; row < from.rows; ++row)
    std::memcpy(static_cast<std::byte*>(to.data) + row * to.stride * size,
                static_cast<const std::byte*>(from.data) + (row * from.stride + first) * size,
                static_cast<std::size_t>(to.cols * size));
}
void scatter_columns(View to, std::int64_t first, View from) {
  const std::int64_t size = bytes_of(from.element);
  for (std::int64_t row = 0; row < from.rows; ++row)
    std::memcpy(static_cast<std::byte*>(to.data) + (row * to.stride + first) * size,
                static_cast<const std::byte*>(from.data) + row * from.stride * size,
                static_cast<std::size_t>(from.cols * size));
}

}  // namespace

void CpuOps::cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                             std::span<const std::int32_t> source_of, const CrossProjections& weights,
                             std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) {
  const int heads = static_cast<int>(weights.value.size());
  const std::int64_t rows = q.rows, d = states.cols, width = q.cols / heads;
  if (rows == 0) return;

  // q~ [rows, heads, d]: the queries, carried into the space of the encoder's states.
  const View query = scratch(absorbed, Element::f32, rows, heads * d);
  const View head_in = scratch(narrow_head, options_.activation, rows, width);
  const View head_out = scratch(wide_head, Element::f32, rows, d);
  for (int h = 0; h < heads; ++h) {
    put(head_in, q.columns(h * width, width));
    matmul_.packed(head_out, head_in, weights.key_transposed[h], Accumulate::no);
    scatter_columns(query, h * d, head_out);
  }
  for (const LoraBlock& block : key_lora)
    for (const LoraTerm& term : block.terms) {
      // q~_h += (q_h B_h) A, with b = B^T [rank, heads * width] and a = A^T [d, rank] both stored transposed.
      const View a = scratch(narrow_head, Element::f32, term.rank, d);
      for (std::int64_t i = 0; i < d; ++i)
        for (int r = 0; r < term.rank; ++r)
          a.f32()[r * d + i] = block.a.f32()[i * block.a.stride + term.first_rank + r];
      std::vector<float> b(static_cast<std::size_t>(width) * term.rank), t(static_cast<std::size_t>(term.rank));
      for (int h = 0; h < heads; ++h) {
        for (std::int64_t i = 0; i < width; ++i)
          for (int r = 0; r < term.rank; ++r) b[i * term.rank + r] = term.b.f32()[r * term.b.stride + h * width + i];
        for (std::int64_t row = block.row_begin; row < block.row_end; ++row) {
          kernels_.multiply(t.data(), term.rank, q.f32() + row * q.stride + h * width, q.stride, b.data(), term.rank, 1,
                            static_cast<int>(width), term.rank, false);
          kernels_.multiply(query.f32() + row * query.stride + h * d, d, t.data(), term.rank, a.f32(), d, 1, term.rank,
                            static_cast<int>(d), true);
        }
      }
    }
  View keys = query;
  if (options_.activation != Element::f32) {
    keys = scratch(absorbed_activation, options_.activation, rows, heads * d);
    put(keys, query);
  }

  // c [rows, heads, d]: averages of the encoder's states. All heads of a sequence are the rows of one product.
  const View average = scratch(averages, options_.activation, rows, heads * d);
  const auto of_sequence = [&](int s) {
    const int thread = omp_get_thread_num();
    const std::int64_t first = targets.begin(s), queries = static_cast<std::int64_t>(targets.length(s)) * heads;
    const std::int64_t length = sources.length(source_of[s]);
    const View source = states.row_range(sources.begin(source_of[s]), length);
    const auto of_all_heads = [&](View view) {
      return View{view.row_range(first, targets.length(s)).data, view.element, queries, d, d};
    };
    std::vector<float>& memory = scores_[thread];
    memory.resize(std::max(memory.size(), static_cast<std::size_t>(queries * length)));
    View p{memory.data(), Element::f32, queries, length, length};
    single_[thread].plain(p, of_all_heads(keys), source, Layout::transposed);
    for (std::int64_t i = 0; i < queries; ++i)
      kernels_.softmax(p.f32() + i * length, nullptr, static_cast<int>(length), static_cast<int>(length));
    if (options_.activation != Element::f32) {
      std::vector<std::uint16_t>& narrow = narrow_scores_[thread];
      narrow.resize(std::max(narrow.size(), static_cast<std::size_t>(queries * length)));
      kernels_.narrow(p.f32(), queries * length, narrow.data());
      p = {narrow.data(), options_.activation, queries, length, length};
    }
    single_[thread].plain(of_all_heads(average), p, source, Layout::plain);
  };
  const int threads = options_.threads;
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
  for (int s = 0; s < targets.count(); ++s) failure.guard([&] { of_sequence(s); });
  failure.rethrow();

  // o [rows, heads, width]
  const View context = out.element == Element::f32 ? out : scratch(result, Element::f32, rows, out.cols);
  const View head_average = scratch(wide_head, options_.activation, rows, d);
  const View head_context = scratch(narrow_head, Element::f32, rows, width);
  for (int h = 0; h < heads; ++h) {
    gather_columns(head_average, average, h * d);
    matmul_.packed(head_context, head_average, weights.value[h], Accumulate::no);
    scatter_columns(context, h * width, head_context);
  }
  if (!value_lora.empty()) {
    const View wide = as_f32(average, absorbed);
    for (const LoraBlock& block : value_lora)
      for (const LoraTerm& term : block.terms) {
        const std::int64_t count = block.row_end - block.row_begin;
        const View t = scratch(scores, Element::f32, count * heads, term.rank);
        kernels_.multiply(t.f32(), term.rank, wide.f32() + block.row_begin * wide.stride, d,
                          block.a.f32() + term.first_rank, block.a.stride, static_cast<int>(count) * heads,
                          static_cast<int>(d), term.rank, false);
        for (int h = 0; h < heads; ++h)  // rows of head h are `heads` apart
          kernels_.multiply(context.f32() + block.row_begin * context.stride + h * width, context.stride,
                            t.f32() + h * term.rank, static_cast<std::int64_t>(heads) * term.rank,
                            term.b.f32() + h * width, term.b.stride, static_cast<int>(count), term.rank,
                            static_cast<int>(width), true);
      }
  }
  if (out.element != Element::f32) put(out, context);
}

}  // namespace lorasweep
