// SPDX-License-Identifier: Apache-2.0
// Between factors and Eigen's matrices, and the thin QR decomposition.
#pragma once

#include "data/tensor/tensor.h"
#include "pipeline/low_rank/factors.h"

#include <Eigen/Core>

namespace lorasweep {

Eigen::MatrixXd matrix_of(const Tensor& tensor);  ///< of two dimensions
Tensor tensor_of(const Eigen::MatrixXd& matrix);  ///< rounded to f32

/// `q` has orthonormal columns, as many as `matrix` has rows or columns at most; `r` is upper triangular; their product
/// is the matrix.
struct ThinQr {
  Eigen::MatrixXd q, r;
};
ThinQr thin_qr(const Eigen::MatrixXd& matrix);

/// B A = left * core * right', with orthonormal columns in `left` and `right`: the core has no more rows or columns
/// than the factors have ranks, and the singular values of B A.
struct Core {
  Eigen::MatrixXd left, core, right;
};
Core core_of(const Eigen::MatrixXd& b, const Eigen::MatrixXd& a);

}  // namespace lorasweep
