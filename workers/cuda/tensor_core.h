// SPDX-License-Identifier: Apache-2.0
// The tensor cores' product of 16 x 16 and 16 x 8 bf16 tiles with f32 sums, and how such tiles lie in the registers of a warp.
//
// With g = lane / 4 and t = lane % 4 (PTX ISA, mma.m16n8k16):
//   a[0] row g,     columns 2t, 2t + 1      a[2] row g,     columns 2t + 8, 2t + 9
//   a[1] row g + 8, columns 2t, 2t + 1      a[3] row g + 8, columns 2t + 8, 2t + 9
//   b[0] rows 2t, 2t + 1 of column g        b[1] rows 2t + 8, 2t + 9 of column g
//   d[0], d[1] row g, columns 2t, 2t + 1    d[2], d[3] row g + 8, columns 2t, 2t + 1
#pragma once

#include "workers/cuda/elements.h"

#include <cstdint>

namespace lorasweep {

/// d += a b
__device__ __forceinline__ void multiply_tiles(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};\n"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// b tiles of two neighbouring groups of 8 columns from shared memory that has the rows of b as rows: lane l gives the address of row l % 16, at
/// the first column of the first group for l < 16 and of the second for l >= 16; aligned to 16 bytes.
__device__ __forceinline__ void load_tiles_transposed(std::uint32_t (&first)[2], std::uint32_t (&second)[2], const Bf16* row) {
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(first[0]), "=r"(first[1]), "=r"(second[0]), "=r"(second[1])
               : "r"(address)
               : "memory");
}

/// A pair of neighbours from shared memory, as an operand register holds it.
__device__ __forceinline__ std::uint32_t load_pair(const Bf16* at) { return *reinterpret_cast<const std::uint32_t*>(at); }

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
