// SPDX-License-Identifier: Apache-2.0
// Which of cuBLASLt's kernels serve a product with packed weights, and which of these the engine uses.
#pragma once

#include "workers/cuda/cublas_check.h"
#include "workers/ops.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

namespace lorasweep {

/// Several products of one shape: of the heads of an attention. Distances from one to the next, in elements.
struct HeadBatch {
  Index count = 1;
  Index x_step = 0, w_step = 0, y_step = 0;
  auto operator<=>(const HeadBatch&) const = default;
};

/// All that a kernel may depend on but the number of rows: y [R, out] = x [R, in] W^T.
struct MatmulShape {
  Index in = 0, out = 0;
  Element x = Element::f32, y = Element::f32;  ///< W is packed in x's element
  Index x_stride = 0, y_stride = 0;            ///< elements
  HeadBatch heads;
  /// The largest powers of two, at most 16, that divide the addresses of all rows, in bytes.
  int x_alignment = 16, w_alignment = 16, y_alignment = 16;
  auto operator<=>(const MatmulShape&) const = default;
};

MatmulShape matmul_shape(View y, View x, const Projection& w, const HeadBatch& heads);

/// Rows of one call at most: kernels may count elements in 32 bits.
Index most_matmul_rows(const MatmulShape& shape);

/// A matrix for cuBLASLt, which thinks in columns: our row-major [rows, cols] is its [cols, rows].
class MatmulLayout {
 public:
  MatmulLayout(Element element, Index cols, Index rows, Index stride, Index count, Index step);
  cublasLtMatrixLayout_t get() { return &layout_; }

 private:
  cublasLtMatrixLayoutOpaque_t layout_ = {};
};

/// y^T [out, R] = (W^T)^T [out, in] * x^T [in, R]: both operands run along `in` in memory, the layout tensor cores like
/// best.
struct MatmulProblem {
  MatmulProblem(const MatmulShape& shape, Index rows);
  cublasLtMatmulDescOpaque_t operation = {};
  MatmulLayout weights, inputs, outputs;
};

/// What a kernel may do. The defaults are the engine's; tests measure what others would be worth.
struct MatmulRules {
  std::uint64_t workspace_bytes = 0;  ///< without any, different blocks cannot share partial sums
  bool sums_in_one_place = true;      ///< no split along `in`, no reduction scheme
};

/// What cuBLASLt proposes for this number of rows under these rules, in its order of preference.
std::vector<cublasLtMatmulAlgo_t> matmul_candidates(cublasLtHandle_t library, const MatmulShape& shape, Index rows,
                                                    const MatmulRules& rules = {});

/// Does it accept this number of rows, without workspace?
bool matmul_serves(cublasLtHandle_t library, const MatmulShape& shape, const cublasLtMatmulAlgo_t& algorithm,
                   Index rows);

/// The first candidate for a tall matrix that serves every number of rows; nothing if there is none.
std::optional<cublasLtMatmulAlgo_t> choose_matmul_algorithm(cublasLtHandle_t library, const MatmulShape& shape);

}  // namespace lorasweep
