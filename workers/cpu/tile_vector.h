// SPDX-License-Identifier: Apache-2.0
// The widest vectors that products of small matrices are made of: as wide as the registers, or the compiler keeps sums
// in memory. Included as fused.h is.
#pragma once

#include "workers/cpu/fused.h"

namespace lorasweep {
namespace KERNELS_NAME {
namespace {

#ifdef __AVX512F__
using TileVec = Vec16;
#else
using TileVec = Vec8;
#endif

template <typename V>
inline V load_tile(const float* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

}  // namespace
}  // namespace KERNELS_NAME
}  // namespace lorasweep
