// SPDX-License-Identifier: Apache-2.0
// Products with the packed weights, by cuBLASLt.
//
// Batch invariance. A row's bits may depend on how the product over `in` is cut into partial sums, on the kernel's
// tile, and on nothing else. So for each map one algorithm is chosen once, for a tall matrix, among those that add each
// output up in one place: no split along `in`, no reduction scheme, and no workspace at all, without which partial sums
// of different blocks have no place to meet. It is then used for every number of rows; a row is a column of cuBLAS'
// column-major output and shares its tile only with other outputs, not with their sums. cuBLAS promises equal bits for
// equal calls; that a chosen kernel treats a short matrix like a tall one is tested (tests/workers/ops).
#pragma once

#include "workers/cuda/device.h"
#include "workers/ops.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lorasweep {

/// Several products of one shape: of the heads of an attention. Distances from one to the next, in elements.
struct HeadBatch {
  int count = 1;
  std::int64_t x_step = 0, w_step = 0, y_step = 0;
};

class CudaMatmul {
 public:
  CudaMatmul();
  ~CudaMatmul();
  CudaMatmul(const CudaMatmul&) = delete;
  CudaMatmul& operator=(const CudaMatmul&) = delete;

  /// "cuBLASLt 13.0.2"
  static std::string description();

  /// y [R, out] (+)= x [R, in] W^T. x f32 or bf16, W packed in the same element; y f32, or bf16 without accumulation.
  /// f32 products are true f32 products, never TF32. False if cuBLASLt has no algorithm that serves every number of
  /// rows of this map.
  bool product(cudaStream_t stream, View y, View x, const Projection& w, Accumulate accumulate,
               const HeadBatch& batch = {});

 private:
  // What an algorithm is chosen for: in, out, elements of x and y, alignments of x, W and y, batch.
  using Key = std::array<int, 8>;
  const std::optional<cublasLtMatmulAlgo_t>& algorithm(const Key& key, View y, View x, const Projection& w,
                                                       const HeadBatch& batch);

  cublasLtHandle_t handle_ = nullptr;
  std::map<Key, std::optional<cublasLtMatmulAlgo_t>> algorithms_;
};

}  // namespace lorasweep
