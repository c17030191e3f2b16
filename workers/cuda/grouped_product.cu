// SPDX-License-Identifier: Apache-2.0
// The kernels of the grouped products, on tensor cores and in plain f32, and the choice among them.
#include "workers/cuda/grouped_product.h"
#include "workers/cuda/product_tiles.h"
#include "workers/ops/to_int32.h"

#include <iterator>
#include <stdexcept>
#include <vector>

namespace lorasweep {
namespace {

template <typename X, typename W, typename Y, bool Transposed>
__global__ void __launch_bounds__(tensor_threads)
    tensor_product_kernel(const Product* __restrict__ products, int count, HeadSteps steps, bool accumulate) {
  using Tile = TensorTile<X, W, Transposed>;
  alignas(16) __shared__ Bf16 x_tile[Tile::x_parts * Tile::x_size];
  alignas(16) __shared__ Bf16 w_tile[Tile::w_parts * Tile::w_size];

  const Place<Product> place = find_tile(products, count);
  const Product& p = place.product;
  const Index head = blockIdx.y;
  const X* x = static_cast<const X*>(p.x) + head * steps.x;
  const W* w = chosen_factor<W>(p.w, p.chosen, p.row_stride) + head * steps.w;
  const Tile own(x_tile, w_tile, p.rows - place.row, p.cols - place.col);
  float sums[2][4][4] = {};
  own.add(sums, x, p.x_stride, w, p.w_stride, place.row, p.rows, place.col, p.cols, p.in);
  if (!own.busy) return;
  if (p.chosen != nullptr) {
#pragma unroll
    for (int i = 0; i < 2 * 4 * 4; ++i) sums[i / 16][i / 4 % 4][i % 4] *= p.chosen->weight;
  }
  finish_tile(static_cast<Y*>(p.y) + head * steps.y, p.y_stride, sums, place.row + own.first_row, p.rows,
              place.col + own.first_col, p.cols, accumulate);
}

template <bool Transposed>
__global__ void __launch_bounds__(plain_threads)
    plain_product_kernel(const Product* __restrict__ products, int count, HeadSteps steps, bool accumulate) {
  alignas(16) __shared__ float x_tile[plain_depth][plain_stride];
  alignas(16) __shared__ float w_tile[plain_depth][plain_stride];
  const Place<Product> place = find_tile(products, count);
  const Product& p = place.product;
  const Index head = blockIdx.y;
  const float* x = static_cast<const float*>(p.x) + head * steps.x;
  const float* w = chosen_factor<float>(p.w, p.chosen, p.row_stride) + head * steps.w;
  float sums[4][4] = {};
  add_plain<Transposed>(sums, x_tile, w_tile, x, p.x_stride, w, p.w_stride, place.row, p.rows, place.col, p.cols, p.in);
  finish_plain(static_cast<float*>(p.y) + head * steps.y, p.y_stride, sums, place.row, p.rows, place.col, p.cols,
               p.chosen != nullptr ? &p.chosen->weight : nullptr, accumulate);
}

using Kernel = void (*)(const Product*, int, HeadSteps, bool);

// Only what is asked for: each kernel takes nvcc seconds.
Kernel choose_kernel(const ProductKind& kind) {
  constexpr Element f32 = Element::f32, bf16 = Element::bf16;
  const bool plain = kind.layout == WeightLayout::plain;
  if (kind.precision == f32) return plain ? plain_product_kernel<false> : plain_product_kernel<true>;
  const auto is_of = [&](Element x, Element w, Element y) { return kind.x == x && kind.w == w && kind.y == y; };
  if (is_of(f32, f32, f32))  // of a bypass's narrow factors
    return plain ? tensor_product_kernel<float, float, float, false> : tensor_product_kernel<float, float, float, true>;
  if (is_of(bf16, f32, f32) && plain) return tensor_product_kernel<Bf16, float, float, false>;  // of its input
  if (is_of(bf16, bf16, f32) && !plain) return tensor_product_kernel<Bf16, Bf16, float, true>;
  if (is_of(bf16, bf16, bf16))
    return plain ? tensor_product_kernel<Bf16, Bf16, Bf16, false> : tensor_product_kernel<Bf16, Bf16, Bf16, true>;
  throw std::invalid_argument("no kernel for a grouped product of these elements and this layout");
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
  launch("grouped product", device, launch_of_tiles(kind.precision, tiles, kind.heads), choose_kernel(kind), on_device,
         std::ssize(products), HeadSteps{kind.x_head, kind.w_head, kind.y_head}, kind.accumulate == Accumulate::yes);
}

}  // namespace lorasweep
