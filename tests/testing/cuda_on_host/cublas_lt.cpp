// SPDX-License-Identifier: Apache-2.0
// cuBLASLt's part: plain loops, in the stream's order.
#include "tests/testing/cuda_on_host/cublasLt.h"
#include "tests/testing/cuda_on_host/cuda_bf16.h"

#include <algorithm>
#include <array>
#include <vector>

namespace cuda_on_host {
std::uint64_t refused_rows = 0;
int failing_questions = 0;
}  // namespace cuda_on_host

const char* cublasLtGetStatusString(cublasStatus_t) { return "an error"; }
std::size_t cublasLtGetVersion() { return 0; }
cublasStatus_t cublasLtCreate(cublasLtHandle_t*) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtDestroy(cublasLtHandle_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtMatrixLayoutInit(cublasLtMatrixLayout_t layout, cudaDataType_t type, std::uint64_t rows,
                                        std::uint64_t cols, std::int64_t ld) {
  *layout = {type, rows, cols, ld, 0, 1};
  return ld >= static_cast<std::int64_t>(rows) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, const void* value,
                                                std::size_t) {
  if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT)
    layout->count = *static_cast<const std::int32_t*>(value);
  else
    layout->step = *static_cast<const std::int64_t*>(value);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescInit(cublasLtMatmulDesc_t operation, cublasComputeType_t, cudaDataType_t) {
  *operation = {};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t,
                                              const void* value, std::size_t) {
  operation->transposed = *static_cast<const cublasOperation_t*>(value) == CUBLAS_OP_T;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceInit(cublasLtMatmulPreference_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t,
                                                    const void*, std::size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
// Refuses odd widths in bf16, as a library might: the engine has to help itself then.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                                              cublasLtMatrixLayout_t, cublasLtMatmulPreference_t, int,
                                              cublasLtMatmulHeuristicResult_t* results, int* found) {
  if (cuda_on_host::failing_questions > 0) {
    --cuda_on_host::failing_questions;
    return CUBLAS_STATUS_INTERNAL_ERROR;
  }
  *found = 1;
  results[0] = {{{a->ld, b->ld, c->ld}}, 0, CUBLAS_STATUS_SUCCESS};
  return a->type == CUDA_R_16BF && a->rows % 8 != 0 ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t a,
                                       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t,
                                       const cublasLtMatmulAlgo_t* algorithm, cublasLtMatmulHeuristicResult_t* result) {
  result->workspaceSize = 0;
  return std::ranges::equal(algorithm->distances, std::array{a->ld, b->ld, c->ld}) ? CUBLAS_STATUS_SUCCESS
                                                                                   : CUBLAS_STATUS_NOT_SUPPORTED;
}
cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t*,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute, void* value,
                                                    std::size_t bytes, std::size_t*) {
  std::memset(value, 0, bytes);
  if (attribute == CUBLASLT_ALGO_CONFIG_SPLITK_NUM) *static_cast<std::int32_t*>(value) = 1;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout,
                              const void* beta, const void* c, cublasLtMatrixLayout_t, void* d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t* algorithm, void*,
                              std::size_t, cudaStream_t stream) {
  if (!operation->transposed || c != d || *static_cast<const float*>(alpha) != 1 || a_layout->rows != b_layout->rows ||
      d_layout->rows != a_layout->cols || d_layout->cols != b_layout->cols || a_layout->count != b_layout->count ||
      a_layout->count != d_layout->count)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (!std::ranges::equal(algorithm->distances, std::array{a_layout->ld, b_layout->ld, d_layout->ld}) ||
      b_layout->cols == cuda_on_host::refused_rows)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  const auto read = [](const void* data, cudaDataType_t type, std::int64_t at) {
    return type == CUDA_R_32F ? static_cast<const float*>(data)[at]
                              : __bfloat162float(static_cast<const __nv_bfloat16*>(data)[at]);
  };
  const float old = *static_cast<const float*>(beta);
  cuda_on_host::enqueue(stream, [=, la = *a_layout, lb = *b_layout, ld = *d_layout] {
    // Every output is summed over k from 0 on, a product and a sum at a time; neighbours side by side, for speed.
    const auto in = static_cast<std::int64_t>(la.rows), outputs = static_cast<std::int64_t>(ld.rows);
    std::vector<float> turned(in * outputs), sums(outputs);
    for (int batch = 0; batch < ld.count; ++batch) {
      for (std::int64_t r = 0; r < outputs; ++r)
        for (std::int64_t k = 0; k < in; ++k)
          turned[k * outputs + r] = read(a, la.type, batch * la.step + r * la.ld + k);
      for (std::int64_t col = 0; col < static_cast<std::int64_t>(ld.cols); ++col) {
        std::ranges::fill(sums, 0.0f);
        for (std::int64_t k = 0; k < in; ++k) {
          const float factor = read(b, lb.type, batch * lb.step + col * lb.ld + k);
          const float* weights = turned.data() + k * outputs;
          for (std::int64_t r = 0; r < outputs; ++r) sums[r] += factor * weights[r];
        }
        for (std::int64_t r = 0; r < outputs; ++r) {
          const std::int64_t at = batch * ld.step + col * ld.ld + r;
          if (ld.type == CUDA_R_32F)
            static_cast<float*>(d)[at] = old == 0 ? sums[r] : sums[r] + old * static_cast<float*>(d)[at];
          else
            static_cast<__nv_bfloat16*>(d)[at] = __float2bfloat16(sums[r]);
        }
      }
    }
  });
  return CUBLAS_STATUS_SUCCESS;
}
