// SPDX-License-Identifier: Apache-2.0
// Asks cuBLASLt for algorithms under our rules, and tries each with few and many rows.
#include "workers/cuda/matmul_algorithm.h"

#include "workers/cuda/packing.h"
#include "workers/ops/to_int32.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace lorasweep {
namespace {

// Rows that algorithms are chosen for: several evaluations' worth. The heads' products see target rows only, which are
// fewer.
constexpr Index tall_rows = 8192, tall_rows_of_heads = 1024;
// Rows that a chosen algorithm has to accept.
constexpr Index tried_rows[] = {1, 2, 7, 16, 63, 100, 128, 500, 4096, 100000};
constexpr int most_candidates = 32;
constexpr Index most_elements = std::numeric_limits<std::int32_t>::max();

cudaDataType_t type_of(Element element) { return element == Element::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

int alignment_of(const void* data, Index stride_bytes, Index step_bytes) {
  const std::uint64_t all = reinterpret_cast<std::uintptr_t>(data) | stride_bytes | step_bytes | 16;
  return 1 << std::countr_zero(all);
}

template <typename T>
void prefer(cublasLtMatmulPreferenceOpaque_t& preference, cublasLtMatmulPreferenceAttributes_t attribute, T value) {
  check(cublasLtMatmulPreferenceSetAttribute(&preference, attribute, &value, sizeof value),
        "cublasLtMatmulPreferenceSetAttribute");
}

template <typename T>
T value_of(const cublasLtMatmulAlgo_t& algorithm, cublasLtMatmulAlgoConfigAttributes_t attribute) {
  T value = 0;
  std::size_t written = 0;
  check(cublasLtMatmulAlgoConfigGetAttribute(&algorithm, attribute, &value, sizeof value, &written),
        "cublasLtMatmulAlgoConfigGetAttribute");
  return value;
}

bool sums_in_one_place(const cublasLtMatmulAlgo_t& algorithm) {  // kernels that cannot split say 0 or 1
  return value_of<std::int32_t>(algorithm, CUBLASLT_ALGO_CONFIG_SPLITK_NUM) <= 1 &&
         value_of<std::uint32_t>(algorithm, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME) == CUBLASLT_REDUCTION_SCHEME_NONE;
}

}  // namespace

MatmulShape matmul_shape(View y, View x, const Projection& w, const HeadBatch& heads) {
  const Index x_size = bytes_of(x.element), y_size = bytes_of(y.element);
  return {.in = w.in,
          .out = w.out,
          .x = x.element,
          .y = y.element,
          .x_stride = x.stride,
          .y_stride = y.stride,
          .heads = heads,
          .x_alignment = alignment_of(x.data, x.stride * x_size, heads.x_step * x_size),
          .w_alignment = alignment_of(w.packed, 16, heads.w_step * x_size),
          .y_alignment = alignment_of(y.data, y.stride * y_size, heads.y_step * y_size)};
}

Index most_matmul_rows(const MatmulShape& shape) {
  return std::max(most_elements / std::max(shape.x_stride, shape.y_stride), Index{1});
}

MatmulLayout::MatmulLayout(Element element, Index cols, Index rows, Index stride, Index count, Index step) {
  check(cublasLtMatrixLayoutInit(&layout_, type_of(element), cols, rows, stride), "cublasLtMatrixLayoutInit");
  if (count == 1) return;
  const auto set = [&](cublasLtMatrixLayoutAttribute_t attribute, auto value) {
    check(cublasLtMatrixLayoutSetAttribute(&layout_, attribute, &value, sizeof value),
          "cublasLtMatrixLayoutSetAttribute");
  };
  set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, to_int32(count));
  set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, step);
}

MatmulProblem::MatmulProblem(const MatmulShape& s, Index rows)
    : weights(s.x, s.in, s.out, CudaPacking::row_elements(s.x, s.in), s.heads.count, s.heads.w_step),
      inputs(s.x, s.in, rows, s.x_stride, s.heads.count, s.heads.x_step),
      outputs(s.y, s.out, rows, s.y_stride, s.heads.count, s.heads.y_step) {
  // CUBLAS_COMPUTE_32F: f32 products and sums for f32 inputs (TF32 would be CUBLAS_COMPUTE_32F_FAST_TF32), f32 sums
  // for bf16 inputs.
  check(cublasLtMatmulDescInit(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescInit");
  const cublasOperation_t transposed = CUBLAS_OP_T;
  check(cublasLtMatmulDescSetAttribute(&operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed),
        "cublasLtMatmulDescSetAttribute");
}

std::vector<cublasLtMatmulAlgo_t> matmul_candidates(cublasLtHandle_t library, const MatmulShape& shape, Index rows,
                                                    const MatmulRules& rules) {
  cublasLtMatmulPreferenceOpaque_t preference = {};
  check(cublasLtMatmulPreferenceInit(&preference), "cublasLtMatmulPreferenceInit");
  prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, rules.workspace_bytes);
  if (rules.sums_in_one_place)
    prefer<std::uint32_t>(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, CUBLASLT_REDUCTION_SCHEME_NONE);
  const auto aligned = [&](cublasLtMatmulPreferenceAttributes_t matrix, int alignment) {
    prefer<std::uint32_t>(preference, matrix, alignment);
  };
  aligned(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, shape.w_alignment);
  aligned(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, shape.x_alignment);
  aligned(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, shape.y_alignment);
  aligned(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, shape.y_alignment);

  MatmulProblem problem(shape, rows);
  std::vector<cublasLtMatmulHeuristicResult_t> proposed(most_candidates);
  int found = 0;
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
      library, &problem.operation, problem.weights.get(), problem.inputs.get(), problem.outputs.get(),
      problem.outputs.get(), &preference, most_candidates, proposed.data(), &found);
  std::vector<cublasLtMatmulAlgo_t> candidates;
  if (status == CUBLAS_STATUS_NOT_SUPPORTED) return candidates;
  check(status, "cublasLtMatmulAlgoGetHeuristic");
  for (int i = 0; i < found; ++i)
    if (proposed[i].state == CUBLAS_STATUS_SUCCESS && proposed[i].workspaceSize <= rules.workspace_bytes &&
        (!rules.sums_in_one_place || sums_in_one_place(proposed[i].algo)))
      candidates.push_back(proposed[i].algo);
  return candidates;
}

bool matmul_serves(cublasLtHandle_t library, const MatmulShape& shape, const cublasLtMatmulAlgo_t& algorithm,
                   Index rows) {
  MatmulProblem problem(shape, rows);
  cublasLtMatmulHeuristicResult_t result = {};
  return cublasLtMatmulAlgoCheck(library, &problem.operation, problem.weights.get(), problem.inputs.get(),
                                 problem.outputs.get(), problem.outputs.get(), &algorithm,
                                 &result) == CUBLAS_STATUS_SUCCESS &&
         result.workspaceSize == 0;
}

std::optional<cublasLtMatmulAlgo_t> choose_matmul_algorithm(cublasLtHandle_t library, const MatmulShape& shape) {
  const Index most = most_matmul_rows(shape);
  for (const cublasLtMatmulAlgo_t& candidate :
       matmul_candidates(library, shape, shape.heads.count == 1 ? tall_rows : tall_rows_of_heads))
    if (std::ranges::all_of(tried_rows,
                            [&](Index rows) { return matmul_serves(library, shape, candidate, std::min(rows, most)); }))
      return candidate;
  return std::nullopt;
}

}  // namespace lorasweep
