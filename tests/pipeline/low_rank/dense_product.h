// SPDX-License-Identifier: Apache-2.0
// Factors of waves, and their product written out.
#pragma once

#include "pipeline/low_rank/truncate_factors.h"

#include <Eigen/Dense>

#include <cmath>
#include <cstdint>

namespace lorasweep {

inline Tensor waves(std::int64_t rows, std::int64_t columns, double phase) {
  Tensor tensor{{rows, columns}, {}};
  for (std::int64_t i = 0; i < rows * columns; ++i)
    tensor.values.push_back(static_cast<float>(std::sin(phase + 1.7 * static_cast<double>(i * i))));
  return tensor;
}

inline Eigen::MatrixXd dense(const Tensor& tensor) {
  Eigen::MatrixXd matrix(tensor.shape[0], tensor.shape[1]);
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    for (Eigen::Index j = 0; j < matrix.cols(); ++j)
      matrix(i, j) = tensor.values[static_cast<std::size_t>(i * matrix.cols() + j)];
  return matrix;
}

inline Eigen::MatrixXd product(const Factors& factors) { return dense(factors.b) * dense(factors.a); }

}  // namespace lorasweep
