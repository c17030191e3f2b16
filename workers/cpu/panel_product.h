// SPDX-License-Identifier: Apache-2.0
// The large products in f32, on every CPU. oneDNN's are not those that this program needs: with AVX-512 it adds over
// all inputs in one chain, which loses digits of small terms, and without it chooses between two ways to sum by the
// number of rows, so that a row's bits depend on its batch (docs/performance.md). These have the same bits with AVX2
// and AVX-512, and one layout for all.
#pragma once

#include "workers/cpu/kernels.h"
#include "workers/ops.h"

#include <cstddef>
#include <vector>

namespace lorasweep {

/// Bytes of a map [out, in] in panels: 16 outputs side by side, input by input; the last panel is filled up with zeros.
std::size_t panel_bytes(Index in, Index out);
void pack_panels(std::byte* packed, const float* weight /*[out, in]*/, Index in, Index out);

/// Every output is the sum, from 0 or from y, of chains of multiply-adds over 32 inputs each, in order: nothing else in
/// the call can change its bits.
class PanelProduct {
 public:
  explicit PanelProduct(int threads, const Kernels& kernels = best_kernels()) : kernels_(&kernels), tiles_(threads) {}

  /// y f32 [m, out] (+)= x [m, in] W^T; x f32, or bf16 that is widened.
  void multiply(View y, View x, const Projection& w, Accumulate accumulate);

 private:
  // Rows of y by columns of panels, and the inputs that are added.
  struct Tile {
    Index row = 0, rows = 0, panel = 0, panels = 0, input = 0, inputs = 0;
    bool continues = false;  ///< the sum starts from y, not from 0
  };

  void multiply_tile(View y, const Projection& w, const Tile& at, const float* x);
  void multiply_panels(View y, View x, const Projection& w, Accumulate accumulate, Index first, Index last,
                       std::vector<float>& tiles);

  const Kernels* kernels_;
  std::vector<std::vector<float>> tiles_;  ///< of each thread: its part of x, as the kernel reads it
};

}  // namespace lorasweep
