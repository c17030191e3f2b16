// SPDX-License-Identifier: Apache-2.0
// The tiles that grouped products and their sums are made of: on tensor cores and in plain f32. A block has one tile of
// 64 x 64 outputs.
#pragma once

#include "workers/cuda/elements.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/tensor_core.h"
#include "workers/cuda/warp.h"
#include "workers/ops.h"

#include <type_traits>

namespace lorasweep {
namespace {

constexpr int tile = 64;  // rows and columns of a block's outputs

/// The steps from one head to the next.
struct HeadSteps {
  Index x, w, y;
};

/// w, or what lies where it would be in the row that was chosen.
template <typename W>
__device__ __forceinline__ const W* chosen_factor(const void* w, const WeightedRow* chosen, Index row_stride) {
  return static_cast<const W*>(w) + (chosen != nullptr ? chosen->row * row_stride : Index{0});
}

/// The products are in the order of their first tiles, and the tiles of a product in row-major order: neighbours share
/// rows of x.
template <typename P>
struct Place {
  P product;
  int row, col;  ///< of the tile's corner
};
template <typename P>
__device__ __forceinline__ Place<P> find_tile(const P* products, int count) {
  const int wanted = blockIdx.x;
  int low = 0, high = count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (products[middle].first_tile <= wanted)
      low = middle;
    else
      high = middle - 1;
  }
  Place<P> place{products[low], 0, 0};
  const int across = (place.product.cols + tile - 1) / tile, own = wanted - place.product.first_tile;
  place.row = own / across * tile;
  place.col = own % across * tile;
  return place;
}

// ---- Tensor cores: 4 warps of 32 x 32 outputs each, 32 of the inner dimension at a time. ----

constexpr int tensor_threads = 128, depth = 32;
// Rows of shared tiles are padded by 16 bytes: the eight rows of a fragment then begin in different banks.
constexpr int deep_stride = depth + 8, wide_stride = tile + 8;

/// Eight neighbours of a row on their way from memory to a shared tile, so that the next tile travels while this one is
/// multiplied.
template <typename T>
struct Eight;
template <>
struct Eight<Bf16> {
  static constexpr int parts = 1;
  uint4 values;
  __device__ __forceinline__ void fetch(const Bf16* at, int valid, bool aligned) {
    if (valid >= 8 && aligned) {
      values = *reinterpret_cast<const uint4*>(at);
      return;
    }
    float v[8];
#pragma unroll
    for (int i = 0; i < 8; ++i) v[i] = i < valid ? widen(at[i]) : 0.0f;
    values = make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
  }
  __device__ __forceinline__ void put(Bf16* to, int) const { *reinterpret_cast<uint4*>(to) = values; }
};
template <>
struct Eight<float> {
  static constexpr int parts = 2;
  float values[8];
  __device__ __forceinline__ void fetch(const float* at, int valid, bool aligned) {
    if (valid >= 8 && aligned) {
      const float4 low = *reinterpret_cast<const float4*>(at), high = *reinterpret_cast<const float4*>(at + 4);
      values[0] = low.x, values[1] = low.y, values[2] = low.z, values[3] = low.w;
      values[4] = high.x, values[5] = high.y, values[6] = high.z, values[7] = high.w;
      return;
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) values[i] = i < valid ? at[i] : 0.0f;
  }
  /// The high parts, and the low parts `part_size` elements behind them.
  __device__ __forceinline__ void put(Bf16* to, int part_size) const {
    float low[8];
#pragma unroll
    for (int i = 0; i < 8; ++i) low[i] = values[i] - widen(__float2bfloat16(values[i]));
    *reinterpret_cast<uint4*>(to) = make_uint4(pack(values[0], values[1]), pack(values[2], values[3]),
                                               pack(values[4], values[5]), pack(values[6], values[7]));
    *reinterpret_cast<uint4*>(to + part_size) =
        make_uint4(pack(low[0], low[1]), pack(low[2], low[3]), pack(low[4], low[5]), pack(low[6], low[7]));
  }
};

/// A thread's share of a tile of Rows x Cols elements, in groups of eight.
template <typename T, int Rows, int Cols>
struct TileLoad {
  static constexpr int groups = Rows * Cols / 8 / tensor_threads, groups_of_row = Cols / 8;
  Eight<T> eights[groups];

  /// The tile whose corner is (row, col) of a matrix of `rows` x `cols`; zeros beyond it.
  __device__ __forceinline__ void fetch(const T* matrix, Index stride, int row, int rows, int col, int cols,
                                        bool aligned) {
#pragma unroll
    for (int i = 0; i < groups; ++i) {
      const int group = threadIdx.x + i * tensor_threads;
      const int r = row + group / groups_of_row, c = col + group % groups_of_row * 8;
      const int valid = r < rows ? cols - c : 0;
      eights[i].fetch(valid > 0 ? matrix + r * stride + c : matrix, valid, aligned);
    }
  }
  template <int Stride>
  __device__ __forceinline__ void put(Bf16* to) const {
#pragma unroll
    for (int i = 0; i < groups; ++i) {
      const int group = threadIdx.x + i * tensor_threads;
      eights[i].put(to + group / groups_of_row * Stride + group % groups_of_row * 8, Rows * Stride);
    }
  }
};

template <typename Y>
__device__ __forceinline__ void finish_pair(Y* at, float first, float second, bool both, bool aligned,
                                            bool accumulate) {
  if constexpr (std::is_same_v<Y, float>) {
    if (accumulate) {
      first += at[0];
      if (both) second += at[1];
    }
  }
  if (both && aligned) {
    store_pair(at, first, second);
  } else {
    store(at, first);
    if (both) store(at + 1, second);
  }
}

/// The shared tiles of a block, and what its warps make of them.
template <typename X, typename W, bool Transposed>
struct TensorTile {
  static constexpr int x_parts = Eight<X>::parts, w_parts = Eight<W>::parts;
  static constexpr int w_rows = Transposed ? tile : depth, w_cols = Transposed ? depth : tile,
                       w_stride = Transposed ? deep_stride : wide_stride;
  static constexpr int x_size = tile * deep_stride, w_size = w_rows * w_stride;

  Bf16 *x_tile, *w_tile;  ///< of x_parts * x_size and w_parts * w_size elements
  int lane, first_row, first_col;
  bool busy;  ///< a warp whose outputs all lie beyond the product only helps to load

  __device__ __forceinline__ TensorTile(Bf16* x_memory, Bf16* w_memory, int rows_left, int cols_left)
      : x_tile(x_memory),
        w_tile(w_memory),
        lane(lane_index()),
        first_row(warp_index() / 2 * 32),
        first_col(warp_index() % 2 * 32),
        busy(first_row < rows_left && first_col < cols_left) {}

  /// sums += x w for the tile whose corner is (row, col) of a product of `rows` x `cols`
  __device__ __forceinline__ void add(float (&sums)[2][4][4], const X* x, Index x_stride, const W* w,
                                      Index w_stride_in_memory, int row, int rows, int col, int cols, int in) const {
    const bool x_aligned = rows_aligned(x, x_stride, 16), w_aligned = rows_aligned(w, w_stride_in_memory, 16);
    TileLoad<X, tile, depth> next_x;
    TileLoad<W, w_rows, w_cols> next_w;
    const auto fetch = [&](int k) {
      next_x.fetch(x, x_stride, row, rows, k, in, x_aligned);
      if constexpr (Transposed)
        next_w.fetch(w, w_stride_in_memory, col, cols, k, in, w_aligned);
      else
        next_w.fetch(w, w_stride_in_memory, k, in, col, cols, w_aligned);
    };
    fetch(0);
    for (int k = 0; k < in; k += depth) {
      __syncthreads();  // the tiles of the step before have been used
      next_x.template put<deep_stride>(x_tile);
      next_w.template put<w_stride>(w_tile);
      __syncthreads();
      if (k + depth < in) fetch(k + depth);
      if (busy) add_step(sums);
    }
  }

 private:
  __device__ __forceinline__ void add_step(float (&sums)[2][4][4]) const {
#pragma unroll
    for (int inner = 0; inner < depth; inner += 16) {
      std::uint32_t a[x_parts][2][4], b[w_parts][4][2];
#pragma unroll
      for (int part = 0; part < x_parts; ++part)
#pragma unroll
        for (int m = 0; m < 2; ++m)
          load_a(a[part][m], x_tile + part * x_size + (first_row + m * 16) * deep_stride + inner, deep_stride, lane);
#pragma unroll
      for (int part = 0; part < w_parts; ++part)
#pragma unroll
        for (int n = 0; n < 4; n += 2) {
          if constexpr (Transposed) {
            const Bf16* corner = w_tile + part * w_size + (first_col + n * 8) * deep_stride + inner;
            load_b(b[part][n], corner, deep_stride, lane);
            load_b(b[part][n + 1], corner + 8 * deep_stride, deep_stride, lane);
          } else {
            load_tiles_transposed(
                b[part][n], b[part][n + 1],
                w_tile + part * w_size + (inner + lane % 16) * wide_stride + first_col + n * 8 + lane / 16 * 8);
          }
        }
#pragma unroll
      for (int m = 0; m < 2; ++m)
#pragma unroll
        for (int n = 0; n < 4; ++n) {
          if constexpr (x_parts == 2) multiply_tiles(sums[m][n], a[1][m], b[0][n]);
          if constexpr (w_parts == 2) multiply_tiles(sums[m][n], a[0][m], b[1][n]);
          multiply_tiles(sums[m][n], a[0][m], b[0][n]);
        }
    }
  }
};

/// y (+)= the sums of a warp, whose first output is (row, col) of `rows` x `cols`.
template <typename Y>
__device__ __forceinline__ void finish_tile(Y* y, Index y_stride, const float (&sums)[2][4][4], int row, int rows,
                                            int col, int cols, bool accumulate) {
  const bool y_aligned = rows_aligned(y, y_stride, 2 * sizeof(Y));
  const int lane = lane_index();
#pragma unroll
  for (int m = 0; m < 2; ++m)
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      const int r = row + m * 16 + lane / 4, c = col + n * 8 + lane % 4 * 2;
      if (c >= cols) continue;
      const bool both = c + 1 < cols;
      if (r < rows) finish_pair(y + r * y_stride + c, sums[m][n][0], sums[m][n][1], both, y_aligned, accumulate);
      if (r + 8 < rows)
        finish_pair(y + (r + 8) * y_stride + c, sums[m][n][2], sums[m][n][3], both, y_aligned, accumulate);
    }
}

// ---- Plain f32: 256 threads of 4 x 4 outputs, 16 of the inner dimension at a time. ----

constexpr int plain_threads = 256, plain_depth = 16, plain_stride = tile + 4;

/// Four neighbours of a row; zeros beyond `valid`.
__device__ __forceinline__ float4 fetch_four(const float* at, int valid, bool aligned) {
  if (valid >= 4 && aligned) return *reinterpret_cast<const float4*>(at);
  return make_float4(valid > 0 ? at[0] : 0.0f, valid > 1 ? at[1] : 0.0f, valid > 2 ? at[2] : 0.0f,
                     valid > 3 ? at[3] : 0.0f);
}

/// to[k][row] <- 64 rows x 16 columns from (row, k) of a matrix of `rows` x `in`
__device__ __forceinline__ void put_turned(float (&to)[plain_depth][plain_stride], const float* matrix, Index stride,
                                           int row, int rows, int k, int in, bool aligned) {
  const int thread = threadIdx.x, r = thread / 4, c = thread % 4 * 4;
  const int valid = row + r < rows ? in - (k + c) : 0;
  const float4 v = fetch_four(valid > 0 ? matrix + (row + r) * stride + k + c : matrix, valid, aligned);
  to[c][r] = v.x;
  to[c + 1][r] = v.y;
  to[c + 2][r] = v.z;
  to[c + 3][r] = v.w;
}

/// sums += x w for the tile whose corner is (row, col) of a product of `rows` x `cols`
template <bool Transposed>
__device__ __forceinline__ void add_plain(float (&sums)[4][4], float (&x_tile)[plain_depth][plain_stride],
                                          float (&w_tile)[plain_depth][plain_stride], const float* x, Index x_stride,
                                          const float* w, Index w_stride, int row, int rows, int col, int cols,
                                          int in) {
  const bool x_aligned = rows_aligned(x, x_stride, 16), w_aligned = rows_aligned(w, w_stride, 16);
  const int thread = threadIdx.x, own_row = thread / 16 * 4, own_col = thread % 16 * 4;
  const bool busy = row + own_row < rows && col + own_col < cols;  // or else it only helps to load
  for (int k = 0; k < in; k += plain_depth) {
    __syncthreads();
    put_turned(x_tile, x, x_stride, row, rows, k, in, x_aligned);
    if constexpr (Transposed) {
      put_turned(w_tile, w, w_stride, col, cols, k, in, w_aligned);
    } else {
      const int r = thread / 16, c = thread % 16 * 4;
      const int valid = k + r < in ? cols - (col + c) : 0;
      *reinterpret_cast<float4*>(&w_tile[r][c]) =
          fetch_four(valid > 0 ? w + (k + r) * w_stride + col + c : w, valid, w_aligned);
    }
    __syncthreads();
    if (!busy) continue;
#pragma unroll
    for (int i = 0; i < plain_depth; ++i) {
      const float4 a = *reinterpret_cast<const float4*>(&x_tile[i][own_row]),
                   b = *reinterpret_cast<const float4*>(&w_tile[i][own_col]);
      const float of_rows[4] = {a.x, a.y, a.z, a.w}, of_cols[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
      for (int r = 0; r < 4; ++r)
#pragma unroll
        for (int c = 0; c < 4; ++c) sums[r][c] = fmaf(of_rows[r], of_cols[c], sums[r][c]);
    }
  }
}

/// y (+)= the sums of a thread, times `weight` if there is one
__device__ __forceinline__ void finish_plain(float* y, Index y_stride, const float (&sums)[4][4], int row, int rows,
                                             int col, int cols, const float* weight, bool accumulate) {
  const int own_row = threadIdx.x / 16 * 4, own_col = threadIdx.x % 16 * 4;
#pragma unroll
  for (int r = 0; r < 4; ++r)
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      if (row + own_row + r >= rows || col + own_col + c >= cols) continue;
      float* at = y + (row + own_row + r) * y_stride + col + own_col + c;
      const float value = weight != nullptr ? *weight * sums[r][c] : sums[r][c];
      *at = accumulate ? *at + value : value;
    }
}

inline Launch launch_of_tiles(Element precision, Index tiles, Index heads) {
  return {.blocks_x = tiles, .blocks_y = heads, .threads = precision == Element::f32 ? plain_threads : tensor_threads};
}

}  // namespace
}  // namespace lorasweep
