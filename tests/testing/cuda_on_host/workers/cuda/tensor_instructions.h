// SPDX-License-Identifier: Apache-2.0
// In place of the device's: what the PTX ISA says that the two instructions do, lane by lane.
#pragma once

#include "workers/cuda/elements.h"

#include <bit>
#include <cstdint>
#include <cstdlib>

namespace lorasweep {

inline float half_of(std::uint32_t pair, unsigned which) {
  return std::bit_cast<float>(which == 0 ? pair << 16 : pair & 0xffff0000u);
}

inline void multiply_tiles(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  const unsigned lane = threadIdx.x % 32;
  std::uint32_t own[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  std::memcpy(cuda_on_host::lane_slot(lane), own, sizeof own);
  cuda_on_host::wait_for_warp();
  const auto operand = [](unsigned from, unsigned which) {
    std::uint32_t value;
    std::memcpy(&value, cuda_on_host::lane_slot(from) + which * 4, 4);
    return value;
  };
  for (unsigned e = 0; e < 4; ++e) {
    const unsigned row = lane / 4 + e / 2 * 8, col = lane % 4 * 2 + e % 2;
    for (unsigned k = 0; k < 16; ++k)
      d[e] += half_of(operand(row % 8 * 4 + k % 8 / 2, row / 8 + k / 8 * 2), k % 2) *
              half_of(operand(col * 4 + k % 8 / 2, 4 + k / 8), k % 2);
  }
  cuda_on_host::wait_for_warp();
}

inline void load_tiles_transposed(std::uint32_t (&first)[2], std::uint32_t (&second)[2], const Bf16* row) {
  if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0) std::abort();
  const unsigned lane = threadIdx.x % 32;
  std::memcpy(cuda_on_host::lane_slot(lane), &row, sizeof row);
  cuda_on_host::wait_for_warp();
  std::uint32_t* results[4] = {&first[0], &first[1], &second[0], &second[1]};
  for (unsigned matrix = 0; matrix < 4; ++matrix) {
    std::uint32_t pair = 0;
    for (unsigned half = 0; half < 2; ++half) {
      const Bf16* at;
      std::memcpy(&at, cuda_on_host::lane_slot(matrix * 8 + lane % 4 * 2 + half), sizeof at);
      pair |= static_cast<std::uint32_t>(at[lane / 4].bits) << (16 * half);
    }
    *results[matrix] = pair;
  }
  cuda_on_host::wait_for_warp();
}

}  // namespace lorasweep
