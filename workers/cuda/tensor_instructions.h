// SPDX-License-Identifier: Apache-2.0
// The two instructions of the tensor cores that the kernels use (sm_80 and later).
#pragma once

#include "workers/cuda/elements.h"

#include <cstdint>

namespace lorasweep {

/// d [16, 8] += a [16, 16] b [16, 8], bf16 operands and f32 sums. How they lie in the registers: tensor_core.h.
__device__ __forceinline__ void multiply_tiles(float (&d)[4], const std::uint32_t (&a)[4],
                                               const std::uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// b tiles of two neighbouring groups of 8 columns from shared memory that has the rows of b as rows: lane l gives the
/// address of row l % 16, at the first column of the first group for l < 16 and of the second for l >= 16; aligned to
/// 16 bytes.
__device__ __forceinline__ void load_tiles_transposed(std::uint32_t (&first)[2], std::uint32_t (&second)[2],
                                                      const Bf16* row) {
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(first[0]), "=r"(first[1]), "=r"(second[0]), "=r"(second[1])
               : "r"(address)
               : "memory");
}

}  // namespace lorasweep
