// SPDX-License-Identifier: Apache-2.0
// One algorithm a map, chosen when the map is met first, and what is done where the library refuses it.
#include "workers/cuda/matmul.h"

#include <algorithm>

namespace lorasweep {
namespace {

// The call was not made, and nothing is wrong with the device.
bool was_refused(cublasStatus_t status) {
  return status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_INVALID_VALUE ||
         status == CUBLAS_STATUS_ARCH_MISMATCH;
}

}  // namespace

CudaMatmul::CudaMatmul() { check(cublasLtCreate(&handle_), "cublasLtCreate"); }
CudaMatmul::~CudaMatmul() { cublasLtDestroy(handle_); }

std::string CudaMatmul::description() {
  const std::size_t version = cublasLtGetVersion();
  return "cuBLASLt " + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

// Where choosing throws nothing is remembered: the next call chooses again, perhaps when the library may be asked.
std::optional<cublasLtMatmulAlgo_t>& CudaMatmul::algorithm(const MatmulShape& shape) {
  const auto known = algorithms_.find(shape);
  if (known != algorithms_.end()) return known->second;
  return algorithms_.emplace(shape, choose_matmul_algorithm(handle_, shape)).first->second;
}

Index CudaMatmul::product(const Device& device, View y, View x, const Projection& w, Accumulate accumulate,
                          const HeadBatch& heads) {
  const MatmulShape shape = matmul_shape(y, x, w, heads);
  std::optional<cublasLtMatmulAlgo_t>& chosen = algorithm(shape);
  if (!chosen) return 0;
  const float one = 1, added = accumulate == Accumulate::yes ? 1 : 0;
  for (Index first = 0, most = most_matmul_rows(shape); first < x.rows; first += most) {
    const Index rows = std::min(most, x.rows - first);
    MatmulProblem problem(shape, rows);
    const View from = x.row_range(first, rows), to = y.row_range(first, rows);
    const cublasStatus_t status = cublasLtMatmul(
        handle_, &problem.operation, &one, w.packed, problem.weights.get(), from.data, problem.inputs.get(), &added,
        to.data, problem.outputs.get(), to.data, problem.outputs.get(), &*chosen, nullptr, 0, device.stream());
    if (was_refused(status)) {
      ++device.counters().refused_products;
      chosen.reset();
      return first;
    }
    check(status, "cublasLtMatmul");
    ++device.counters().launches;
  }
  return x.rows;
}

}  // namespace lorasweep
