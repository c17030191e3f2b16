// SPDX-License-Identifier: Apache-2.0
// In place of the device's: what the PTX ISA says that the two instructions do, lane by lane.
#pragma once

#include "workers/cuda/elements.h"

#include <bit>
#include <cstdint>
#include <cstdlib>

namespace lorasweep {

/// The operands of one product as all lanes together hold them.
struct Operands {
  float a[16][16], b[16][8];
};
inline cuda_on_host::Exchange<Operands> operands;

inline float half_of(std::uint32_t pair, unsigned which) {
  return std::bit_cast<float>(which == 0 ? pair << 16 : pair & 0xffff0000u);
}

inline void multiply_tiles(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  const unsigned lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  Operands& own = operands.to_write();
  for (unsigned i = 0; i < 4; ++i)
    for (unsigned half = 0; half < 2; ++half) own.a[g + i % 2 * 8][2 * t + half + i / 2 * 8] = half_of(a[i], half);
  for (unsigned i = 0; i < 2; ++i)
    for (unsigned half = 0; half < 2; ++half) own.b[2 * t + half + i * 8][g] = half_of(b[i], half);
  cuda_on_host::wait_for_warp();
  const Operands& all = operands.to_read();
  float sums[4] = {d[0], d[1], d[2], d[3]};
  for (unsigned k = 0; k < 16; ++k)
    for (unsigned e = 0; e < 4; ++e) sums[e] += all.a[g + e / 2 * 8][k] * all.b[k][2 * t + e % 2];
  for (unsigned e = 0; e < 4; ++e) d[e] = sums[e];
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
