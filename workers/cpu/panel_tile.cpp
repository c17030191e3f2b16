// SPDX-License-Identifier: Apache-2.0
// The innermost product of panel_product.cpp; compiled once per instruction set as KERNELS_NAME, multiplications and
// additions fused.
#include <cstdint>

namespace lorasweep {
namespace KERNELS_NAME {
namespace {

// Two vectors of 8 columns by 6 rows: with AVX2 the sums fill 12 of the 16 registers.
constexpr int lanes = 8, tile_rows = 6;
using Vec = float __attribute__((vector_size(32)));

inline Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }

// Sums of so many products are made apart and then added: a sum over thousands of inputs would lose digits of its small
// terms.
constexpr int partial = 32;

template <int Rows>
void tile(float* y, std::int64_t y_stride, const float* x, const float* panel, int k) {
  for (int begin = 0; begin < k; begin += partial) {
    const int end = begin + partial < k ? begin + partial : k;
    Vec left[Rows] = {}, right[Rows] = {};
#pragma GCC unroll 4
    for (int i = begin; i < end; ++i) {
      const Vec a = load(panel + i * 2 * lanes), b = load(panel + i * 2 * lanes + lanes);
      for (int r = 0; r < Rows; ++r) {
        const float factor = x[i * tile_rows + r];
        left[r] += factor * a;
        right[r] += factor * b;
      }
    }
    for (int r = 0; r < Rows; ++r) {
      float* row = y + r * y_stride;
      store(row, load(row) + left[r]);
      store(row + lanes, load(row + lanes) + right[r]);
    }
  }
}

}  // namespace

void panel_tile(float* y, std::int64_t y_stride, const float* x, const float* panel, int rows, int k) {
  switch (rows) {
    case 1: return tile<1>(y, y_stride, x, panel, k);
    case 2: return tile<2>(y, y_stride, x, panel, k);
    case 3: return tile<3>(y, y_stride, x, panel, k);
    case 4: return tile<4>(y, y_stride, x, panel, k);
    case 5: return tile<5>(y, y_stride, x, panel, k);
    default: return tile<6>(y, y_stride, x, panel, k);
  }
}

}  // namespace KERNELS_NAME
}  // namespace lorasweep
