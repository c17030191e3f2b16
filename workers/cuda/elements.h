// SPDX-License-Identifier: Apache-2.0
// Reading and writing f32 and bf16 in kernels, singly, in pairs and in vectors.
#pragma once

#include "workers/ops/index.h"

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace lorasweep {

using Bf16 = __nv_bfloat16;

__device__ __forceinline__ float widen(float value) { return value; }
__device__ __forceinline__ float widen(Bf16 value) { return __bfloat162float(value); }

__device__ __forceinline__ void store(float* at, float value) { *at = value; }
__device__ __forceinline__ void store(Bf16* at, float value) { *at = __float2bfloat16(value); }  // nearest even

__device__ __forceinline__ std::uint32_t bits_of(__nv_bfloat162 pair) {
  return *reinterpret_cast<const std::uint32_t*>(&pair);
}

/// Two values as a pair of bf16, the first in the lower half, as it lies in memory.
__device__ __forceinline__ std::uint32_t pack(float first, float second) {
  return bits_of(__floats2bfloat162_rn(first, second));
}

/// Two neighbours; `at` is aligned to the pair.
__device__ __forceinline__ void store_pair(float* at, float first, float second) {
  *reinterpret_cast<float2*>(at) = make_float2(first, second);
}
__device__ __forceinline__ void store_pair(Bf16* at, float first, float second) {
  *reinterpret_cast<std::uint32_t*>(at) = pack(first, second);
}

/// Four neighbours; `at` is aligned to the four.
__device__ __forceinline__ void store_four(float* at, float4 v) { *reinterpret_cast<float4*>(at) = v; }
__device__ __forceinline__ void store_four(Bf16* at, float4 v) {
  *reinterpret_cast<uint2*>(at) = make_uint2(pack(v.x, v.y), pack(v.z, v.w));
}

/// Four neighbours; `at` is aligned to the four.
__device__ __forceinline__ float4 load_four(const float* at) { return *reinterpret_cast<const float4*>(at); }
__device__ __forceinline__ float4 load_four(const Bf16* at) {
  const uint2 v = *reinterpret_cast<const uint2*>(at);
  return make_float4(__uint_as_float(v.x << 16), __uint_as_float(v.x & 0xffff0000u), __uint_as_float(v.y << 16),
                     __uint_as_float(v.y & 0xffff0000u));
}

/// Whether rows that begin at `at` and lie `stride` elements apart are all aligned to `bytes`.
template <typename T>
__host__ __device__ __forceinline__ bool rows_aligned(const T* at, Index stride, std::uint64_t bytes) {
  return ((reinterpret_cast<std::uintptr_t>(at) | static_cast<std::uint64_t>(stride) * sizeof(T)) & (bytes - 1)) == 0;
}

}  // namespace lorasweep
