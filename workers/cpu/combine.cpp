// SPDX-License-Identifier: Apache-2.0
// The weighted sum of adapter factors, rounded as the reference rounds it; compiled once per instruction set as
// KERNELS_NAME.
#include "workers/ops/index.h"

namespace lorasweep {
namespace KERNELS_NAME {

// The reference adds w_i * tensor_i one after the other in f32: every product and every sum is rounded. No contraction
// here (see CMakeLists).
void combine(float* out, const float* const* rows, const float* weights, Index count, Index n) {
  constexpr Index block = 2048;  // the partial sums stay in the first-level cache while the adapters stream by
  for (Index begin = 0; begin < n; begin += block) {
    const Index end = begin + block < n ? begin + block : n;
    if (count == 0)
      for (Index i = begin; i < end; ++i) out[i] = 0;
    for (Index j = 0; j < count; ++j) {
      const float weight = weights[j];
      const float* row = rows[j];
      if (j == 0) {
        for (Index i = begin; i < end; ++i) out[i] = weight * row[i];
      } else {
        for (Index i = begin; i < end; ++i) out[i] += weight * row[i];
      }
    }
  }
}

}  // namespace KERNELS_NAME
}  // namespace lorasweep
