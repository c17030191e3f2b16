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
inline void sum_tile(float* y, Index y_stride, const float* x, Index x_stride, Products products, Index column) {
  constexpr int lanes = sizeof(V) / sizeof(float);
  V total[Rows][Columns] = {};
  for (Index p = 0; p < products.count; ++p) {
    const ProductSegment& product = products.first[p];
    const float* own = x + product.first;
    const float* w = product.w + column;
    V sum[Rows][Columns] = {};
    for (Index i = 0; i < product.k; ++i) {
      V row[Columns];
      for (int c = 0; c < Columns; ++c) row[c] = load_tile<V>(w + i * product.w_stride + c * lanes);
      for (int r = 0; r < Rows; ++r) {
        const V factor = own[r * x_stride + i] - V{};
        for (int c = 0; c < Columns; ++c) sum[r][c] = fused(factor, row[c], sum[r][c]);
      }
    }
    for (int r = 0; r < Rows; ++r)
      for (int c = 0; c < Columns; ++c) total[r][c] += sum[r][c];
  }
  for (int r = 0; r < Rows; ++r)
    for (int c = 0; c < Columns; ++c) {
      float* at = y + r * y_stride + c * lanes;
      const V after = load_tile<V>(at) + total[r][c];
      __builtin_memcpy(at, &after, sizeof after);
    }
}

template <typename V, int Columns>
inline void sum_panel(float* y, Index y_stride, const float* x, Index x_stride, Products products, Index column,
                      Index m) {
  constexpr int rows = 6;
  Index r = 0;
  for (; r + rows <= m; r += rows)
    sum_tile<V, rows, Columns>(y + r * y_stride + column, y_stride, x + r * x_stride, x_stride, products, column);
  y += r * y_stride + column;
  x += r * x_stride;
  switch (m - r) {  // the rows that remain share one tile, as in multiply()
    case 5: return sum_tile<V, 5, Columns>(y, y_stride, x, x_stride, products, column);
    case 4: return sum_tile<V, 4, Columns>(y, y_stride, x, x_stride, products, column);
    case 3: return sum_tile<V, 3, Columns>(y, y_stride, x, x_stride, products, column);
    case 2: return sum_tile<V, 2, Columns>(y, y_stride, x, x_stride, products, column);
    case 1: return sum_tile<V, 1, Columns>(y, y_stride, x, x_stride, products, column);
    default: return;
  }
}

}  // namespace

// The last n % 8 columns are sums of rounded products, as in multiply().
void multiply_sum(float* y, Index y_stride, const float* x, Index x_stride, const ProductSegment* products, Index count,
                  Index m, Index n) {
  constexpr int narrow = 8, single = sizeof(TileVec) / sizeof(float), wide = 2 * single;
  const Products all{products, count};
  Index c = 0;
  for (; c + wide <= n; c += wide) sum_panel<TileVec, 2>(y, y_stride, x, x_stride, all, c, m);
  for (; c + single <= n; c += single) sum_panel<TileVec, 1>(y, y_stride, x, x_stride, all, c, m);
  for (; c + narrow <= n; c += narrow) sum_panel<Vec8, 1>(y, y_stride, x, x_stride, all, c, m);
  for (; c < n; ++c)
    for (Index r = 0; r < m; ++r) {
      float total = 0;
      for (Index p = 0; p < count; ++p) {
        const float* own = x + r * x_stride + products[p].first;
        float sum = 0;
        for (Index i = 0; i < products[p].k; ++i) sum += own[i] * products[p].w[i * products[p].w_stride + c];
        total += sum;
      }
      y[r * y_stride + c] += total;
    }
}

}  // namespace KERNELS_NAME
}  // namespace lorasweep
