// SPDX-License-Identifier: Apache-2.0
// a * b + c with one rounding, spelled out: which multiplications and additions a compiler fuses by itself differs from
// compiler to compiler (GCC 13 leaves sums over a loop alone), and with it would every bit that comes of them.
//
// Included by sources that are compiled once per instruction set: everything here has internal linkage. Where the
// instruction set has no fused operation, product and sum are rounded apart.
#pragma once

#if defined(__x86_64__) && defined(__FMA__)
#include <immintrin.h>
#endif

namespace lorasweep {
namespace KERNELS_NAME {
namespace {

using Vec8 = float __attribute__((vector_size(32)));
using Vec16 = float __attribute__((vector_size(64)));

inline float fused(float a, float b, float c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

inline Vec8 fused(Vec8 a, Vec8 b, Vec8 c) {
#ifdef __FMA__
  return (Vec8)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}

inline Vec16 fused(Vec16 a, Vec16 b, Vec16 c) {
#if defined(__AVX512F__)
  return (Vec16)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
  Vec8 x[2], y[2], z[2];
  __builtin_memcpy(x, &a, sizeof a);
  __builtin_memcpy(y, &b, sizeof b);
  __builtin_memcpy(z, &c, sizeof c);
  for (int half = 0; half < 2; ++half) z[half] = fused(x[half], y[half], z[half]);
  __builtin_memcpy(&c, z, sizeof c);
  return c;
#else
  return a * b + c;
#endif
}

}  // namespace
}  // namespace KERNELS_NAME
}  // namespace lorasweep
