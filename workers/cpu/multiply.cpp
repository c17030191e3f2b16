// SPDX-License-Identifier: Apache-2.0
// Products of small matrices in plain layout. Compiled once per instruction set as KERNELS_NAME.
#include "workers/cpu/tile_vector.h"
#include "workers/ops/index.h"

namespace lorasweep {
namespace KERNELS_NAME {
namespace {

// A tile of Rows x (lanes of V * Columns) outputs stays in registers while k runs. Every output is one chain of fused
// multiply-adds over k, in order: its bits do not depend on the tile.
template <typename V, int Rows, int Columns>
inline void multiply_tile(float* y, Index y_stride, const float* x, Index x_stride, const float* w, Index w_stride,
                          Index k, bool accumulate) {
  constexpr int tile_lanes = sizeof(V) / sizeof(float);
  V sum[Rows][Columns];
  for (int r = 0; r < Rows; ++r)
    for (int c = 0; c < Columns; ++c) sum[r][c] = accumulate ? load_tile<V>(y + r * y_stride + c * tile_lanes) : V{};
  for (Index i = 0; i < k; ++i) {
    V row[Columns];
    for (int c = 0; c < Columns; ++c) row[c] = load_tile<V>(w + i * w_stride + c * tile_lanes);
    for (int r = 0; r < Rows; ++r) {
      const V factor = x[r * x_stride + i] - V{};
      for (int c = 0; c < Columns; ++c) sum[r][c] = fused(factor, row[c], sum[r][c]);
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int c = 0; c < Columns; ++c) __builtin_memcpy(y + r * y_stride + c * tile_lanes, &sum[r][c], sizeof(V));
}

// A chain waits for itself, so the rows that remain share one tile: alone each would take as long as six.
template <typename V, int Columns>
inline void multiply_panel(float* y, Index y_stride, const float* x, Index x_stride, const float* w, Index w_stride,
                           Index m, Index k, bool accumulate) {
  constexpr int rows = 6;
  Index r = 0;
  for (; r + rows <= m; r += rows)
    multiply_tile<V, rows, Columns>(y + r * y_stride, y_stride, x + r * x_stride, x_stride, w, w_stride, k, accumulate);
  y += r * y_stride;
  x += r * x_stride;
  switch (m - r) {
    case 5: return multiply_tile<V, 5, Columns>(y, y_stride, x, x_stride, w, w_stride, k, accumulate);
    case 4: return multiply_tile<V, 4, Columns>(y, y_stride, x, x_stride, w, w_stride, k, accumulate);
    case 3: return multiply_tile<V, 3, Columns>(y, y_stride, x, x_stride, w, w_stride, k, accumulate);
    case 2: return multiply_tile<V, 2, Columns>(y, y_stride, x, x_stride, w, w_stride, k, accumulate);
    case 1: return multiply_tile<V, 1, Columns>(y, y_stride, x, x_stride, w, w_stride, k, accumulate);
    default: return;
  }
}

}  // namespace

// The last n % 8 columns are sums of rounded products, with every instruction set: so a column's bits depend on its
// place alone.
void multiply(float* y, Index y_stride, const float* x, Index x_stride, const float* w, Index w_stride, Index m,
              Index k, Index n, bool accumulate) {
  constexpr int narrow = 8, single = sizeof(TileVec) / sizeof(float);
  Index c = 0;
#ifdef __AVX512F__  // 32 registers
  for (; c + 4 * single <= n; c += 4 * single)
    multiply_panel<TileVec, 4>(y + c, y_stride, x, x_stride, w + c, w_stride, m, k, accumulate);
#endif
  for (; c + 2 * single <= n; c += 2 * single)
    multiply_panel<TileVec, 2>(y + c, y_stride, x, x_stride, w + c, w_stride, m, k, accumulate);
  for (; c + single <= n; c += single)
    multiply_panel<TileVec, 1>(y + c, y_stride, x, x_stride, w + c, w_stride, m, k, accumulate);
  for (; c + narrow <= n; c += narrow)
    multiply_panel<Vec8, 1>(y + c, y_stride, x, x_stride, w + c, w_stride, m, k, accumulate);
  for (; c < n; ++c)
    for (Index r = 0; r < m; ++r) {
      float sum = accumulate ? y[r * y_stride + c] : 0.0f;
      for (Index i = 0; i < k; ++i) sum += x[r * x_stride + i] * w[i * w_stride + c];
      y[r * y_stride + c] = sum;
    }
}

}  // namespace KERNELS_NAME
}  // namespace lorasweep
