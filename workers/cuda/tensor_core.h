// SPDX-License-Identifier: Apache-2.0
// Tiles of bf16 operands, from shared memory into the registers of a warp as the tensor cores want them.
//
// With g = lane / 4 and t = lane % 4 (PTX ISA, mma.m16n8k16):
//   a[0] row g,     columns 2t, 2t + 1      a[2] row g,     columns 2t + 8, 2t + 9
//   a[1] row g + 8, columns 2t, 2t + 1      a[3] row g + 8, columns 2t + 8, 2t + 9
//   b[0] rows 2t, 2t + 1 of column g        b[1] rows 2t + 8, 2t + 9 of column g
//   d[0], d[1] row g, columns 2t, 2t + 1    d[2], d[3] row g + 8, columns 2t, 2t + 1
#pragma once

#include "workers/cuda/elements.h"
#include "workers/cuda/tensor_instructions.h"

#include <cstdint>

namespace lorasweep {

/// A pair of neighbours from shared memory, as an operand register holds it.
__device__ __forceinline__ std::uint32_t load_pair(const Bf16* at) {
  return *reinterpret_cast<const std::uint32_t*>(at);
}

/// The a tile at `corner` of shared memory with rows `stride` elements apart.
__device__ __forceinline__ void load_a(std::uint32_t (&a)[4], const Bf16* corner, int stride, int lane) {
  const Bf16* at = corner + lane / 4 * stride + lane % 4 * 2;
  a[0] = load_pair(at);
  a[1] = load_pair(at + 8 * stride);
  a[2] = load_pair(at + 8);
  a[3] = load_pair(at + 8 * stride + 8);
}

/// The b tile whose columns are rows of shared memory (b transposed), `stride` elements apart.
__device__ __forceinline__ void load_b(std::uint32_t (&b)[2], const Bf16* corner, int stride, int lane) {
  const Bf16* at = corner + lane / 4 * stride + lane % 4 * 2;
  b[0] = load_pair(at);
  b[1] = load_pair(at + 8);
}

}  // namespace lorasweep
