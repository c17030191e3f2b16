// SPDX-License-Identifier: Apache-2.0
// Sums of products: the bypass of several adapters. Compiled once per instruction set as KERNELS_NAME.
#include "workers/cpu/kernels.h"
#include "workers/cpu/tile_vector.h"

namespace lorasweep {
namespace KERNELS_NAME {
namespace {

struct Products {
  const ProductSegment* first;
  Index count;
};

// Every product is a chain of its own from 0, of fused multiply-adds over k, in order. So one that is 0 changes
// nothing, and two or four copies of an adapter at a half or a quarter have the bits of the adapter.
template <typename V, int Rows, int Columns>
inline void sum_tile(float* total, const float* x, Index x_stride, Products products) {
  constexpr int lanes = sizeof(V) / sizeof(float), width = Columns * lanes;
  V sums[Rows][Columns];
  for (int r = 0; r < Rows; ++r)
    for (int c = 0; c < Columns; ++c) sums[r][c] = load_tile<V>(total + r * width + c * lanes);
  for (Index p = 0; p < products.count; ++p) {
    const ProductSegment& product = products.first[p];
    const float* own = x + product.first;
    V sum[Rows][Columns] = {};
    for (Index i = 0; i < product.k; ++i) {
      V row[Columns];
      for (int c = 0; c < Columns; ++c) row[c] = load_tile<V>(product.w + i * product.w_stride + c * lanes);
      for (int r = 0; r < Rows; ++r) {
        const V factor = own[r * x_stride + i] - V{};
        for (int c = 0; c < Columns; ++c) sum[r][c] = fused(factor, row[c], sum[r][c]);
      }
    }
    for (int r = 0; r < Rows; ++r)
      for (int c = 0; c < Columns; ++c) sums[r][c] += sum[r][c];
  }
  for (int r = 0; r < Rows; ++r)
    for (int c = 0; c < Columns; ++c) __builtin_memcpy(total + r * width + c * lanes, &sums[r][c], sizeof(V));
}

template <typename V, int Columns>
inline void sum_rows(float* total, const float* x, Index x_stride, Products products, Index m) {
  constexpr int rows = 6, width = Columns * static_cast<int>(sizeof(V) / sizeof(float));
  Index r = 0;
  for (; r + rows <= m; r += rows) sum_tile<V, rows, Columns>(total + r * width, x + r * x_stride, x_stride, products);
  total += r * width;
  x += r * x_stride;
  switch (m - r) {  // the rows that remain share one tile, as in multiply()
    case 5: return sum_tile<V, 5, Columns>(total, x, x_stride, products);
    case 4: return sum_tile<V, 4, Columns>(total, x, x_stride, products);
    case 3: return sum_tile<V, 3, Columns>(total, x, x_stride, products);
    case 2: return sum_tile<V, 2, Columns>(total, x, x_stride, products);
    case 1: return sum_tile<V, 1, Columns>(total, x, x_stride, products);
    default: return;
  }
}

constexpr Index block_rows = 72, packed_rows = 64;

// The next products, at `column`, with their rows of w copied together as far as these fit: where they lie, all rows
// fall on the same few sets of a cache. One that is too large for that stays where it is, and comes alone.
template <int Width>
inline Products take_products(Products& left, Index column, ProductSegment* taken, float* packed) {
  Index count = 0, used = 0;
  for (; count < left.count && count < packed_rows; ++count) {
    ProductSegment next = left.first[count];
    next.w += column;
    if (next.k > packed_rows && count == 0) {
      taken[count++] = next;
      break;
    }
    if (used + next.k > packed_rows) break;
    float* const rows = packed + used * Width;
    for (Index i = 0; i < next.k; ++i)
      __builtin_memcpy(rows + i * Width, next.w + i * next.w_stride, Width * sizeof(float));
    used += next.k;
    taken[count] = {next.first, rows, Width, next.k};
  }
  left = {left.first + count, left.count - count};
  return {taken, count};
}

// Of at most block_rows rows.
template <typename V, int Columns>
inline void sum_panel(float* y, Index y_stride, const float* x, Index x_stride, Products products, Index column,
                      Index m) {
  constexpr int lanes = sizeof(V) / sizeof(float), width = Columns * lanes;
  alignas(64) float packed[packed_rows * width], total[block_rows * width];
  ProductSegment taken[packed_rows];
  for (Index i = 0; i < m * width; ++i) total[i] = 0;
  while (products.count > 0)
    sum_rows<V, Columns>(total, x, x_stride, take_products<width>(products, column, taken, packed), m);
  for (Index r = 0; r < m; ++r)
    for (int c = 0; c < width; c += lanes) {
      float* at = y + r * y_stride + column + c;
      const V after = load_tile<V>(at) + load_tile<V>(total + r * width + c);
      __builtin_memcpy(at, &after, sizeof after);
    }
}

// Of at most block_rows rows. The last n % 8 columns are sums of rounded products, as in multiply().
void sum_block(float* y, Index y_stride, const float* x, Index x_stride, Products products, Index m, Index n) {
  constexpr int narrow = 8, single = sizeof(TileVec) / sizeof(float), wide = 2 * single;
  Index c = 0;
  for (; c + wide <= n; c += wide) sum_panel<TileVec, 2>(y, y_stride, x, x_stride, products, c, m);
  for (; c + single <= n; c += single) sum_panel<TileVec, 1>(y, y_stride, x, x_stride, products, c, m);
  for (; c + narrow <= n; c += narrow) sum_panel<Vec8, 1>(y, y_stride, x, x_stride, products, c, m);
  for (; c < n; ++c)
    for (Index r = 0; r < m; ++r) {
      float total = 0;
      for (Index p = 0; p < products.count; ++p) {
        const ProductSegment& product = products.first[p];
        const float* own = x + r * x_stride + product.first;
        float sum = 0;
        for (Index i = 0; i < product.k; ++i) sum += own[i] * product.w[i * product.w_stride + c];
        total += sum;
      }
      y[r * y_stride + c] += total;
    }
}

}  // namespace

void multiply_sum(float* y, Index y_stride, const float* x, Index x_stride, const ProductSegment* products, Index count,
                  Index m, Index n) {
  for (Index r = 0; r < m; r += block_rows)
    sum_block(y + r * y_stride, y_stride, x + r * x_stride, x_stride, {products, count},
              m - r < block_rows ? m - r : block_rows, n);
}

}  // namespace KERNELS_NAME
}  // namespace lorasweep
