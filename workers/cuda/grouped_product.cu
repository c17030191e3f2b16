// SPDX-License-Identifier: Apache-2.0
// The kernels of the grouped products, on tensor cores and in plain f32, and the choice among them.
#include "workers/cuda/elements.h"
#include "workers/cuda/grouped_product.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/tensor_core.h"
#include "workers/cuda/warp.h"
#include "workers/ops/to_int32.h"

#include <iterator>
#include <stdexcept>
#include <type_traits>

namespace lorasweep {
namespace {

constexpr int tile = 64;  // rows and columns of a block's outputs

/// The steps from one head to the next.
struct HeadSteps {
  Index x, w, y;
};

/// The products are in the order of their first tiles, and the tiles of a product in row-major order: neighbours share
/// rows of x.
struct Place {
  Product product;
  int row, col;  ///< of the tile's corner
};
__device__ __forceinline__ Place find_tile(const Product* products, int count) {
  const int wanted = blockIdx.x;
  int low = 0, high = count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (products[middle].first_tile <= wanted)
      low = middle;
    else
      high = middle - 1;
  }
  Place place{products[low], 0, 0};
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

template <typename X, typename W, typename Y, bool Transposed>
__global__ void __launch_bounds__(tensor_threads)
    tensor_product_kernel(const Product* __restrict__ products, int count, HeadSteps steps, bool accumulate) {
  constexpr int x_parts = Eight<X>::parts, w_parts = Eight<W>::parts;
  constexpr int w_rows = Transposed ? tile : depth, w_cols = Transposed ? depth : tile,
                w_stride = Transposed ? deep_stride : wide_stride;
  constexpr int x_size = tile * deep_stride, w_size = w_rows * w_stride;
  alignas(16) __shared__ Bf16 x_tile[x_parts * x_size];
  alignas(16) __shared__ Bf16 w_tile[w_parts * w_size];

  const Place place = find_tile(products, count);
  const Product& p = place.product;
  const Index head = blockIdx.y;
  const X* x = static_cast<const X*>(p.x) + head * steps.x;
  const W* w = static_cast<const W*>(p.w) + head * steps.w;
  Y* y = static_cast<Y*>(p.y) + head * steps.y;
  const bool x_aligned = rows_aligned(x, p.x_stride, 16), w_aligned = rows_aligned(w, p.w_stride, 16);
  const int lane = lane_index(), first_row = warp_index() / 2 * 32, first_col = warp_index() % 2 * 32;
  // A warp whose outputs all lie beyond the product only helps to load.
  const bool busy = place.row + first_row < p.rows && place.col + first_col < p.cols;

  float sums[2][4][4] = {};
  TileLoad<X, tile, depth> next_x;
  TileLoad<W, w_rows, w_cols> next_w;
  const auto fetch = [&](int k) {
    next_x.fetch(x, p.x_stride, place.row, p.rows, k, p.in, x_aligned);
    if constexpr (Transposed)
      next_w.fetch(w, p.w_stride, place.col, p.cols, k, p.in, w_aligned);
    else
      next_w.fetch(w, p.w_stride, k, p.in, place.col, p.cols, w_aligned);
  };
  fetch(0);
  for (int k = 0; k < p.in; k += depth) {
    __syncthreads();  // the tiles of the step before have been used
    next_x.template put<deep_stride>(x_tile);
    next_w.template put<w_stride>(w_tile);
    __syncthreads();
    if (k + depth < p.in) fetch(k + depth);
    if (!busy) continue;
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
  if (!busy) return;
  const bool y_aligned = rows_aligned(y, p.y_stride, 2 * sizeof(Y));
#pragma unroll
  for (int m = 0; m < 2; ++m)
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      const int row = place.row + first_row + m * 16 + lane / 4, col = place.col + first_col + n * 8 + lane % 4 * 2;
      if (col >= p.cols) continue;
      const bool both = col + 1 < p.cols;
      if (row < p.rows)
        finish_pair(y + row * p.y_stride + col, sums[m][n][0], sums[m][n][1], both, y_aligned, accumulate);
      if (row + 8 < p.rows)
        finish_pair(y + (row + 8) * p.y_stride + col, sums[m][n][2], sums[m][n][3], both, y_aligned, accumulate);
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

template <bool Transposed>
__global__ void __launch_bounds__(plain_threads)
    plain_product_kernel(const Product* __restrict__ products, int count, HeadSteps steps, bool accumulate) {
  alignas(16) __shared__ float x_tile[plain_depth][plain_stride];
  alignas(16) __shared__ float w_tile[plain_depth][plain_stride];
  const Place place = find_tile(products, count);
  const Product& p = place.product;
  const Index head = blockIdx.y;
  const float* x = static_cast<const float*>(p.x) + head * steps.x;
  const float* w = static_cast<const float*>(p.w) + head * steps.w;
  float* y = static_cast<float*>(p.y) + head * steps.y;
  const bool x_aligned = rows_aligned(x, p.x_stride, 16), w_aligned = rows_aligned(w, p.w_stride, 16);
  const int thread = threadIdx.x, own_row = thread / 16 * 4, own_col = thread % 16 * 4;

  float sums[4][4] = {};
  for (int k = 0; k < p.in; k += plain_depth) {
    __syncthreads();
    put_turned(x_tile, x, p.x_stride, place.row, p.rows, k, p.in, x_aligned);
    if constexpr (Transposed) {
      put_turned(w_tile, w, p.w_stride, place.col, p.cols, k, p.in, w_aligned);
    } else {
      const int r = thread / 16, c = thread % 16 * 4;
      const int valid = k + r < p.in ? p.cols - (place.col + c) : 0;
      *reinterpret_cast<float4*>(&w_tile[r][c]) =
          fetch_four(valid > 0 ? w + (k + r) * p.w_stride + place.col + c : w, valid, w_aligned);
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < plain_depth; ++i) {
      const float4 a = *reinterpret_cast<const float4*>(&x_tile[i][own_row]),
                   b = *reinterpret_cast<const float4*>(&w_tile[i][own_col]);
      const float rows[4] = {a.x, a.y, a.z, a.w}, cols[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
      for (int r = 0; r < 4; ++r)
#pragma unroll
        for (int c = 0; c < 4; ++c) sums[r][c] = fmaf(rows[r], cols[c], sums[r][c]);
    }
  }
#pragma unroll
  for (int r = 0; r < 4; ++r)
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      const int row = place.row + own_row + r, col = place.col + own_col + c;
      if (row >= p.rows || col >= p.cols) continue;
      float* at = y + row * p.y_stride + col;
      *at = accumulate ? *at + sums[r][c] : sums[r][c];
    }
}

using Kernel = void (*)(const Product*, int, HeadSteps, bool);

template <typename X, typename W, typename Y>
Kernel tensor_kernel_of(WeightLayout layout) {
  return layout == WeightLayout::plain ? tensor_product_kernel<X, W, Y, false> : tensor_product_kernel<X, W, Y, true>;
}
template <typename X, typename W>
Kernel tensor_kernel(const ProductKind& kind) {
  return kind.y == Element::f32 ? tensor_kernel_of<X, W, float>(kind.layout)
                                : tensor_kernel_of<X, W, Bf16>(kind.layout);
}
template <typename X>
Kernel tensor_kernel(const ProductKind& kind) {
  return kind.w == Element::f32 ? tensor_kernel<X, float>(kind) : tensor_kernel<X, Bf16>(kind);
}
Kernel choose_kernel(const ProductKind& kind) {
  if (kind.precision == Element::f32)
    return kind.layout == WeightLayout::plain ? plain_product_kernel<false> : plain_product_kernel<true>;
  return kind.x == Element::f32 ? tensor_kernel<float>(kind) : tensor_kernel<Bf16>(kind);
}

}  // namespace

void grouped_product(const Device& device, Descriptors& descriptors, const ProductKind& kind,
                     std::vector<Product> products) {
  if (kind.precision == Element::f32 && (kind.x != Element::f32 || kind.w != Element::f32 || kind.y != Element::f32))
    throw std::invalid_argument("a product in f32 needs operands in f32");
  Index tiles = 0;
  for (Product& product : products) {
    product.first_tile = to_int32(tiles);
    tiles += blocks_for(product.rows, tile) * blocks_for(product.cols, tile);
  }
  std::erase_if(products, [](const Product& p) { return p.rows == 0 || p.cols == 0; });
  if (products.empty()) return;
  const Product* on_device = descriptors.put(std::span<const Product>(products));
  launch("grouped product", device,
         {.blocks_x = tiles,
          .blocks_y = kind.heads,
          .threads = kind.precision == Element::f32 ? plain_threads : tensor_threads},
         choose_kernel(kind), on_device, std::ssize(products), HeadSteps{kind.x_head, kind.w_head, kind.y_head},
         kind.accumulate == Accumulate::yes);
}

}  // namespace lorasweep
