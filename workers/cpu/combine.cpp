// SPDX-License-Identifier: Apache-2.0
// The weighted sum of adapter factors, rounded as the reference rounds it; compiled once per instruction set as
// KERNELS_NAME.
#include <cstdint>

namespace lorasweep {
namespace KERNELS_NAME {

// The reference adds w_i * tensor_i one after the other in f32: every product and every sum is rounded. No contraction
// here (see CMakeLists).
void combine(float* out, const float* const* rows, const float* weights, int count, std::int64_t n) {
  constexpr std::int64_t block = 2048;  // the partial sums stay in the first-level cache while the adapters stream by
  for (std::int64_t begin = 0; begin < n; begin += block) {
    const std::int64_t end = begin + block < n ? begin + block : n;
    if (count == 0)
      for (std::int64_t i = begin; i < end; ++i) out[i] = 0;
    for (int j = 0; j < count; ++j) {
      const float weight = weights[j];
      const float* row = rows[j];
      if (j == 0) {
        for (std::int64_t i = begin; i < end; ++i) out[i] = weight * row[i];
      } else {
        for (std::int64_t i = begin; i < end; ++i) out[i] += weight * row[i];
      }
    }
  }
}

}  // namespace KERNELS_NAME
}  // namespace lorasweep
