// SPDX-License-Identifier: Apache-2.0
// In place of the device's: what the PTX ISA says that the two instructions do, lane by lane.
#pragma once

#include "workers/cuda/elements.h"

#include <bit>
#include <cstdint>
#include <cstdlib>

namespace lorasweep {

/// One product as all lanes together hold it. Every output is summed over k from 0 on, a product and a sum at a time.
struct TileProduct {
  using Row = float __attribute__((vector_size(8 * sizeof(float))));  // compilers find worse ways by themselves
  float a[16][16];
  Row b[16], d[16];

  __attribute__((noinline)) void multiply() {
    for (unsigned row = 0; row < 16; ++row) {
      Row sum = d[row];
      for (unsigned k = 0; k < 16; ++k) sum += a[row][k] * b[k];
      d[row] = sum;
    }
  }
};
inline cuda_on_host::Exchange<TileProduct> tile_products;

inline float half_of(std::uint32_t pair, unsigned which) {
  return std::bit_cast<float>(which == 0 ? pair << 16 : pair & 0xffff0000u);
}

inline void multiply_tiles(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  const unsigned lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  TileProduct& own = tile_products.to_write();
  for (unsigned half = 0; half < 2; ++half) {
    for (unsigned i = 0; i < 4; ++i) {
      own.a[g + i % 2 * 8][2 * t + half + i / 2 * 8] = half_of(a[i], half);
      own.d[g + i / 2 * 8][2 * t + i % 2] = d[i];
    }
    for (unsigned i = 0; i < 2; ++i) own.b[2 * t + half + i * 8][g] = half_of(b[i], half);
  }
  cuda_on_host::wait_for_warp();
  TileProduct& all = tile_products.to_read();
  if (cuda_on_host::has_first_turn()) all.multiply();
  for (unsigned e = 0; e < 4; ++e) d[e] = all.d[g + e / 2 * 8][2 * t + e % 2];
}

inline void load_tiles_transposed(std::uint32_t (&first)[2], std::uint32_t (&second)[2], const Bf16* row) {
  if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0) std::abort();
  const unsigned lane = threadIdx.x % 32;
  std::memcpy(cuda_on_host::lane_slots.to_write().of_lane[lane], &row, sizeof row);
  cuda_on_host::wait_for_warp();
  std::uint32_t* results[4] = {&first[0], &first[1], &second[0], &second[1]};
  for (unsigned matrix = 0; matrix < 4; ++matrix) {
    std::uint32_t pair = 0;
    for (unsigned half = 0; half < 2; ++half) {
      const Bf16* at;
      std::memcpy(&at, cuda_on_host::lane_slots.to_read().of_lane[matrix * 8 + lane % 4 * 2 + half], sizeof at);
      pair |= static_cast<std::uint32_t>(at[lane / 4].bits) << (16 * half);
    }
    *results[matrix] = pair;
  }
}

}  // namespace lorasweep
