// SPDX-License-Identifier: Apache-2.0
// Products with the packed weights, by cuBLASLt.
//
// Batch invariance. A row's bits may depend on how the product over `in` is cut into partial sums, on the kernel's
// tile, and on nothing else. So for each map one algorithm is chosen once, for a tall matrix, among those that add each
// output up in one place (matmul_algorithm.h). It is then used for every number of rows; a row is a column of cuBLAS'
// column-major output and shares its tile only with other outputs, not with their sums. cuBLAS promises equal bits for
// equal calls; that a chosen kernel treats a short matrix like a tall one is tested (tests/workers/ops, and for every
// number of rows tests/workers/cuda).
#pragma once

#include "workers/cuda/device.h"
#include "workers/cuda/matmul_algorithm.h"
#include "workers/ops.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace lorasweep {

class CudaMatmul {
 public:
  CudaMatmul();
  ~CudaMatmul();
  CudaMatmul(const CudaMatmul&) = delete;
  CudaMatmul& operator=(const CudaMatmul&) = delete;

  /// "cuBLASLt 13.0.2"
  static std::string description();

  /// y [R, out] (+)= x [R, in] W^T. x f32 or bf16, W packed in the same element; y f32, or bf16 without accumulation.
  /// f32 products are true f32 products, never TF32. Returns how many rows it did, from the first on: all of them, or
  /// none if cuBLASLt has no algorithm that serves every number of rows of this map. Where it refuses one that it had
  /// accepted, what is left is left to the caller, and so is this map from then on: a sweep on a device goes on, and
  /// the device's counters show that rows of this map before and after need not have the same bits.
  Index product(const Device& device, View y, View x, const Projection& w, Accumulate accumulate,
                const HeadBatch& heads = {});

 private:
  std::optional<cublasLtMatmulAlgo_t>& algorithm(const MatmulShape& shape);

  cublasLtHandle_t handle_ = nullptr;
  std::map<MatmulShape, std::optional<cublasLtMatmulAlgo_t>> algorithms_;
};

}  // namespace lorasweep
