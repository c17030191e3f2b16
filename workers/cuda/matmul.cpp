// SPDX-License-Identifier: Apache-2.0
#include "workers/cuda/matmul.h"

#include "workers/cuda/packing.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace lorasweep {
namespace {

// Rows that algorithms are chosen for: several evaluations' worth. The heads' products see target rows only, which are
// fewer.
constexpr std::int64_t tall_rows = 8192, tall_rows_of_heads = 1024;
// Rows that a chosen algorithm has to accept.
constexpr std::int64_t tried_rows[] = {1, 2, 7, 16, 63, 100, 128, 500, 4096, 100000};
constexpr int most_candidates = 32;
// Elements of a matrix in one call: kernels may count them in 32 bits.
constexpr std::int64_t most_elements = std::numeric_limits<std::int32_t>::max();

std::int64_t most_rows(View y, View x) {
  return std::max<std::int64_t>(most_elements / std::max(x.stride, y.stride), 1);
}

cudaDataType_t type_of(Element element) { return element == Element::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

// The largest power of two, at most 16, that divides the addresses of all rows.
int alignment_of(const void* data, std::int64_t stride_bytes, std::int64_t step_bytes) {
  const std::uint64_t all = reinterpret_cast<std::uintptr_t>(data) | static_cast<std::uint64_t>(stride_bytes) |
                            static_cast<std::uint64_t>(step_bytes) | 16;
  return 1 << std::countr_zero(all);
}

// A matrix for cuBLASLt, which thinks in columns: our row-major [rows, cols] is its [cols, rows].
class Layout {
 public:
  Layout(Element element, std::int64_t cols, std::int64_t rows, std::int64_t stride, int count, std::int64_t step) {
    check(cublasLtMatrixLayoutInit(&layout_, type_of(element), static_cast<std::uint64_t>(cols),
                                   static_cast<std::uint64_t>(rows), stride),
          "cublasLtMatrixLayoutInit");
    if (count == 1) return;
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<std::int32_t>(count));
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, step);
  }
  cublasLtMatrixLayout_t get() { return &layout_; }

 private:
  template <typename T>
  void set(cublasLtMatrixLayoutAttribute_t attribute, T value) {
    check(cublasLtMatrixLayoutSetAttribute(&layout_, attribute, &value, sizeof value),
          "cublasLtMatrixLayoutSetAttribute");
  }
  cublasLtMatrixLayoutOpaque_t layout_ = {};
};

// y^T [out, R] = (W^T)^T [out, in] * x^T [in, R]: both operands run along `in` in memory, the layout tensor cores like
// best.
struct Problem {
  Problem(View y, View x, const Projection& w, const HeadBatch& batch, std::int64_t rows)
      : weights(x.element, w.in, w.out, CudaPacking::row_elements(x.element, w.in), batch.count, batch.w_step),
        inputs(x.element, w.in, rows, x.stride, batch.count, batch.x_step),
        outputs(y.element, w.out, rows, y.stride, batch.count, batch.y_step) {
    // CUBLAS_COMPUTE_32F: f32 products and sums for f32 inputs (TF32 would be CUBLAS_COMPUTE_32F_FAST_TF32), f32 sums
    // for bf16 inputs.
    check(cublasLtMatmulDescInit(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescInit");
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check(cublasLtMatmulDescSetAttribute(&operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed),
          "cublasLtMatmulDescSetAttribute");
  }
  cublasLtMatmulDescOpaque_t operation = {};
  Layout weights, inputs, outputs;
};

template <typename T>
void prefer(cublasLtMatmulPreferenceOpaque_t& preference, cublasLtMatmulPreferenceAttributes_t attribute, T value) {
  check(cublasLtMatmulPreferenceSetAttribute(&preference, attribute, &value, sizeof value),
        "cublasLtMatmulPreferenceSetAttribute");
}

}  // namespace

CudaMatmul::CudaMatmul() { check(cublasLtCreate(&handle_), "cublasLtCreate"); }
CudaMatmul::~CudaMatmul() { cublasLtDestroy(handle_); }

std::string CudaMatmul::description() {
  const std::size_t version = cublasLtGetVersion();
  return "cuBLASLt " + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

const std::optional<cublasLtMatmulAlgo_t>& CudaMatmul::algorithm(const Key& key, View y, View x, const Projection& w,
                                                                 const HeadBatch& batch) {
  const auto [entry, is_new] = algorithms_.try_emplace(key);
  if (!is_new) return entry->second;

  cublasLtMatmulPreferenceOpaque_t preference = {};
  check(cublasLtMatmulPreferenceInit(&preference), "cublasLtMatmulPreferenceInit");
  prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{0});
  prefer(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
         static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE));
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, static_cast<std::uint32_t>(key[5]));
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, static_cast<std::uint32_t>(key[4]));
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, static_cast<std::uint32_t>(key[6]));
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, static_cast<std::uint32_t>(key[6]));

  Problem tall(y, x, w, batch, batch.count == 1 ? tall_rows : tall_rows_of_heads);
  std::vector<cublasLtMatmulHeuristicResult_t> candidates(most_candidates);
  int found = 0;
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
      handle_, &tall.operation, tall.weights.get(), tall.inputs.get(), tall.outputs.get(), tall.outputs.get(),
      &preference, most_candidates, candidates.data(), &found);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED) return entry->second;
  check(status, "cublasLtMatmulAlgoGetHeuristic");

  const auto sums_in_one_place = [](const cublasLtMatmulAlgo_t& algorithm) {
    std::int32_t splits = 0;
    std::uint32_t scheme = 0;
    std::size_t written = 0;
    check(cublasLtMatmulAlgoConfigGetAttribute(&algorithm, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &splits, sizeof splits,
                                               &written),
          "cublasLtMatmulAlgoConfigGetAttribute");
    check(cublasLtMatmulAlgoConfigGetAttribute(&algorithm, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, &scheme,
                                               sizeof scheme, &written),
          "cublasLtMatmulAlgoConfigGetAttribute");
    return splits <= 1 && scheme == CUBLASLT_REDUCTION_SCHEME_NONE;  // kernels that cannot split say 0 or 1
  };
  const auto serves_every_batch = [&](const cublasLtMatmulAlgo_t& algorithm) {
    return std::ranges::all_of(tried_rows, [&](std::int64_t rows) {
      Problem problem(y, x, w, batch, std::min(rows, most_rows(y, x)));
      cublasLtMatmulHeuristicResult_t result = {};
      return cublasLtMatmulAlgoCheck(handle_, &problem.operation, problem.weights.get(), problem.inputs.get(),
                                     problem.outputs.get(), problem.outputs.get(), &algorithm,
                                     &result) == CUBLAS_STATUS_SUCCESS &&
             result.workspaceSize == 0;
    });
  };
  for (int i = 0; i < found; ++i)
    if (candidates[i].state == CUBLAS_STATUS_SUCCESS && sums_in_one_place(candidates[i].algo) &&
        serves_every_batch(candidates[i].algo)) {
      entry->second = candidates[i].algo;
      break;
    }
  return entry->second;
}

bool CudaMatmul::product(cudaStream_t stream, View y, View x, const Projection& w, Accumulate accumulate,
                         const HeadBatch& batch) {
  const std::int64_t size = bytes_of(x.element);
  const Key key = {w.in,
                   w.out,
                   static_cast<int>(x.element),
                   static_cast<int>(y.element),
                   alignment_of(x.data, x.stride * size, batch.x_step * size),
                   alignment_of(w.packed, 16, batch.w_step * size),
                   alignment_of(y.data, y.stride * bytes_of(y.element), batch.y_step * bytes_of(y.element)),
                   batch.count};
  const auto& chosen = algorithm(key, y, x, w, batch);
  if (!chosen) return false;
  const float one = 1, added = accumulate == Accumulate::yes ? 1 : 0;
  for (std::int64_t first = 0, most = most_rows(y, x); first < x.rows; first += most) {
    const std::int64_t rows = std::min(most, x.rows - first);
    Problem problem(y, x, w, batch, rows);
    const View from = x.row_range(first, rows), to = y.row_range(first, rows);
    check(cublasLtMatmul(handle_, &problem.operation, &one, w.packed, problem.weights.get(), from.data,
                         problem.inputs.get(), &added, to.data, problem.outputs.get(), to.data, problem.outputs.get(),
                         &*chosen, nullptr, 0, stream),
          "cublasLtMatmul");
  }
  return true;
}

}  // namespace lorasweep
