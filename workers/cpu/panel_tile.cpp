// SPDX-License-Identifier: Apache-2.0
// The innermost product of panel_product.cpp; compiled once per instruction set as KERNELS_NAME. The order of an
// output's sum is the same in all of them.
#include "workers/cpu/fused.h"
#include "workers/ops/index.h"

namespace lorasweep {
namespace KERNELS_NAME {
namespace {

// A panel has 16 columns. The sums of a tile fill most registers: with AVX2 two vectors by 6 rows (12 of 16), with
// AVX-512 two panels by 14 rows (28 of 32). A block of x (144 rows) should stay in the second-level cache, which is 1
// MiB or more where AVX-512 is: measured on a Zen 5 core 5 to 8 % faster than half as many inputs, on a Zen 3 core (512
// KiB) 512 inputs 8 % faster than 256.
#ifdef __AVX512F__
using Vec = Vec16;
constexpr int lanes = 16, most_rows = 14, most_panels = 2, block_inputs = 1024;
#else
using Vec = Vec8;
constexpr int lanes = 8, most_rows = 6, most_panels = 1, block_inputs = 512;
#endif
constexpr int width = 16, vectors = width / lanes;  // of a panel

inline Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }

// Products in a partial sum. Partial sums are made one by one and then added: a single sum over thousands of inputs
// would lose digits of its small terms.
constexpr int partial = 32;

template <int Rows, int Panels>
void tile(float* y, Index y_stride, const float* x, const float* panels, Index panel_stride, Index k, bool accumulate) {
  // Not in y: its rows often lie 4 KiB apart, where the first-level cache holds but a few of them.
  constexpr int columns = Panels * vectors;
  alignas(64) float sums[Rows * columns * lanes] = {};
  if (accumulate)
    for (int r = 0; r < Rows; ++r)
      __builtin_memcpy(sums + r * columns * lanes, y + r * y_stride, columns * lanes * sizeof(float));
  for (Index left = k; left > 0; left -= partial) {
    Vec sum[Rows][columns] = {};
    const Index inputs = left < partial ? left : partial;
#pragma GCC unroll 1
    for (Index i = 0; i < inputs; ++i) {
      Vec w[columns];
      for (int c = 0; c < columns; ++c) w[c] = load(panels + c / vectors * panel_stride + c % vectors * lanes);
      for (int r = 0; r < Rows; ++r) {
        const Vec factor = x[r] - Vec{};
        for (int c = 0; c < columns; ++c) sum[r][c] = fused(factor, w[c], sum[r][c]);
      }
      x += most_rows;
      panels += width;
    }
    for (int r = 0; r < Rows; ++r)
      for (int c = 0; c < columns; ++c) {
        float* at = sums + (r * columns + c) * lanes;
        store(at, load(at) + sum[r][c]);
      }
  }
  for (int r = 0; r < Rows; ++r)
    __builtin_memcpy(y + r * y_stride, sums + r * columns * lanes, columns * lanes * sizeof(float));
}

template <int Rows, int Panels>
void tile_of(Index rows, float* y, Index y_stride, const float* x, const float* panels, Index panel_stride, Index k,
             bool accumulate) {
  if (rows == Rows) return tile<Rows, Panels>(y, y_stride, x, panels, panel_stride, k, accumulate);
  if constexpr (Rows > 1) tile_of<Rows - 1, Panels>(rows, y, y_stride, x, panels, panel_stride, k, accumulate);
}

}  // namespace

extern const Index panel_tile_rows, panel_tile_panels, panel_block_inputs;
const Index panel_tile_rows = most_rows, panel_tile_panels = most_panels, panel_block_inputs = block_inputs;

void panel_tile(float* y, Index y_stride, const float* x, const float* panels, Index panel_stride, Index rows,
                Index panel_count, Index k, bool accumulate) {
  if (panel_count == 1) return tile_of<most_rows, 1>(rows, y, y_stride, x, panels, panel_stride, k, accumulate);
  tile_of<most_rows, most_panels>(rows, y, y_stride, x, panels, panel_stride, k, accumulate);
}

}  // namespace KERNELS_NAME
}  // namespace lorasweep
