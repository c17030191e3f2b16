// SPDX-License-Identifier: Apache-2.0
// Sums of products: the bypasses of members whose adapters lie in the library.
#include "workers/cuda/grouped_product.h"
#include "workers/cuda/product_tiles.h"
#include "workers/ops/to_int32.h"

#include <iterator>
#include <stdexcept>
#include <vector>

namespace lorasweep {
namespace {

/// A SumOfProducts on the device: its summands are some of a table.
struct PlacedSum {
  void* y;
  Index x_stride, y_stride;
  std::int32_t rows, cols, first_summand, summands, first_tile;
  std::int32_t unused = 0;  ///< tables are compared by their bytes: no padding
};

template <bool Transposed>
__global__ void __launch_bounds__(tensor_threads)
    tensor_sum_kernel(const PlacedSum* __restrict__ products, int count, const Summand* __restrict__ summands,
                      HeadSteps steps) {
  using Tile = TensorTile<float, float, Transposed>;
  alignas(16) __shared__ Bf16 x_tile[Tile::x_parts * Tile::x_size];
  alignas(16) __shared__ Bf16 w_tile[Tile::w_parts * Tile::w_size];

  const Place<PlacedSum> place = find_tile(products, count);
  const PlacedSum& p = place.product;
  const Index head = blockIdx.y;
  const Tile own(x_tile, w_tile, p.rows - place.row, p.cols - place.col);
  float total[2][4][4] = {};
  for (int s = 0; s < p.summands; ++s) {
    const Summand summand = summands[p.first_summand + s];
    const float* x = static_cast<const float*>(summand.x) + head * steps.x;
    const float* w = chosen_factor<float>(summand.w, summand.chosen, summand.row_stride) + head * steps.w;
    float sums[2][4][4] = {};
    own.add(sums, x, p.x_stride, w, summand.w_stride, place.row, p.rows, place.col, p.cols,
            static_cast<int>(summand.in));
#pragma unroll
    for (int i = 0; i < 2 * 4 * 4; ++i) total[i / 16][i / 4 % 4][i % 4] += sums[i / 16][i / 4 % 4][i % 4];
  }
  if (!own.busy) return;
  finish_tile(static_cast<float*>(p.y) + head * steps.y, p.y_stride, total, place.row + own.first_row, p.rows,
              place.col + own.first_col, p.cols, true);
}

template <bool Transposed>
__global__ void __launch_bounds__(plain_threads)
    plain_sum_kernel(const PlacedSum* __restrict__ products, int count, const Summand* __restrict__ summands,
                     HeadSteps steps) {
  alignas(16) __shared__ float x_tile[plain_depth][plain_stride];
  alignas(16) __shared__ float w_tile[plain_depth][plain_stride];
  const Place<PlacedSum> place = find_tile(products, count);
  const PlacedSum& p = place.product;
  const Index head = blockIdx.y;
  float total[4][4] = {};
  for (int s = 0; s < p.summands; ++s) {
    const Summand summand = summands[p.first_summand + s];
    const float* x = static_cast<const float*>(summand.x) + head * steps.x;
    const float* w = chosen_factor<float>(summand.w, summand.chosen, summand.row_stride) + head * steps.w;
    float sums[4][4] = {};
    add_plain<Transposed>(sums, x_tile, w_tile, x, p.x_stride, w, summand.w_stride, place.row, p.rows, place.col,
                          p.cols, static_cast<int>(summand.in));
#pragma unroll
    for (int i = 0; i < 4 * 4; ++i) total[i / 4][i % 4] += sums[i / 4][i % 4];
  }
  finish_plain(static_cast<float*>(p.y) + head * steps.y, p.y_stride, total, place.row, p.rows, place.col, p.cols,
               nullptr, true);
}

using SumKernel = void (*)(const PlacedSum*, int, const Summand*, HeadSteps);

SumKernel choose_sum_kernel(const ProductKind& kind) {
  if (kind.precision == Element::f32)
    return kind.layout == WeightLayout::plain ? plain_sum_kernel<false> : plain_sum_kernel<true>;
  return kind.layout == WeightLayout::plain ? tensor_sum_kernel<false> : tensor_sum_kernel<true>;
}

}  // namespace

void grouped_sums(const Device& device, Descriptors& descriptors, const ProductKind& kind,
                  const std::vector<SumOfProducts>& sums) {
  if (kind.x != Element::f32 || kind.w != Element::f32 || kind.y != Element::f32 || kind.accumulate != Accumulate::yes)
    throw std::invalid_argument("a sum of products needs operands in f32, and adds to what is there");
  std::vector<PlacedSum> table;
  std::vector<Summand> summands;
  Index tiles = 0;
  for (const SumOfProducts& sum : sums) {
    if (sum.rows == 0 || sum.cols == 0 || sum.summands.empty()) continue;
    table.push_back({.y = sum.y,
                     .x_stride = sum.x_stride,
                     .y_stride = sum.y_stride,
                     .rows = to_int32(sum.rows),
                     .cols = to_int32(sum.cols),
                     .first_summand = to_int32(std::ssize(summands)),
                     .summands = to_int32(std::ssize(sum.summands)),
                     .first_tile = to_int32(tiles)});
    summands.insert(summands.end(), sum.summands.begin(), sum.summands.end());
    tiles += blocks_for(sum.rows, tile) * blocks_for(sum.cols, tile);
  }
  if (table.empty()) return;
  const PlacedSum* on_device = descriptors.put(std::span<const PlacedSum>(table));
  launch("grouped sums", device, launch_of_tiles(kind.precision, tiles, kind.heads), choose_sum_kernel(kind), on_device,
         std::ssize(table), descriptors.put(std::span<const Summand>(summands)),
         HeadSteps{kind.x_head, kind.w_head, kind.y_head});
}

}  // namespace lorasweep
