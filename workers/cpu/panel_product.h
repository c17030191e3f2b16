// SPDX-License-Identifier: Apache-2.0
// The large products on CPUs where oneDNN's are not those that this program needs: without AVX-512, oneDNN 2.6 chooses
// between two ways to sum by the number of rows, so a row's bits depend on its batch, and it reaches 40 to 75 % of the
// peak (docs/performance.md).
#pragma once

#include "workers/cpu/kernels.h"
#include "workers/ops.h"

#include <cstddef>
#include <vector>

namespace lorasweep {

/// Bytes of a map [out, in] in panels: 16 outputs side by side, input by input; the last panel is filled up with zeros.
std::size_t panel_bytes(int in, int out);
void pack_panels(std::byte* packed, const float* weight /*[out, in]*/, int in, int out);

/// Every output is one chain of multiply-adds over the inputs, in order, that starts from 0, or from y: nothing else in
/// the call can change its bits.
class PanelProduct {
 public:
  explicit PanelProduct(int threads, const Kernels& kernels = best_kernels()) : kernels_(&kernels), tiles_(threads) {}

  /// y f32 [m, out] (+)= x [m, in] W^T; x f32, or bf16 that is widened.
  void multiply(View y, View x, const Projection& w, Accumulate accumulate);

 private:
  void multiply_panels(View y, View x, const Projection& w, Accumulate accumulate, int first, int last,
                       std::vector<float>& tiles);

  const Kernels* kernels_;
  std::vector<std::vector<float>> tiles_;  ///< of each thread: its part of x, as the kernel reads it
};

}  // namespace lorasweep
