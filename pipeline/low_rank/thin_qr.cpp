// SPDX-License-Identifier: Apache-2.0
#include "pipeline/low_rank/thin_qr.h"

#include "data/core/error.h"

#include <Eigen/QR>

#include <algorithm>

namespace lorasweep {
namespace {

using Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

void require_one_rank(const Factors& factors) {
  const auto &a = factors.a.shape, &b = factors.b.shape;
  if (a.size() != 2 || b.size() != 2 || a[0] != b[1])
    throw InternalError("factors " + describe_shape(b) + " and " + describe_shape(a) + " do not have one rank");
}

MatrixXd matrix_of(const Tensor& tensor) {
  return Eigen::Map<const RowMajor>(tensor.values.data(), tensor.shape[0], tensor.shape[1]).cast<double>();
}

Tensor tensor_of(const MatrixXd& matrix) {
  Tensor tensor{{matrix.rows(), matrix.cols()}, std::vector<float>(matrix.size())};
  Eigen::Map<RowMajor>(tensor.values.data(), matrix.rows(), matrix.cols()) = matrix.cast<float>();
  return tensor;
}

ThinQr thin_qr(const MatrixXd& matrix) {
  const Eigen::Index columns = std::min(matrix.rows(), matrix.cols());
  const Eigen::HouseholderQR<MatrixXd> qr(matrix);
  return {qr.householderQ() * MatrixXd::Identity(matrix.rows(), columns),
          qr.matrixQR().topRows(columns).triangularView<Eigen::Upper>()};
}

Core core_of(const MatrixXd& b, const MatrixXd& a) {
  ThinQr of_b = thin_qr(b), of_a = thin_qr(a.transpose());
  return {std::move(of_b.q), of_b.r * of_a.r.transpose(), std::move(of_a.q)};
}

}  // namespace lorasweep
