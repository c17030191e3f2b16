// SPDX-License-Identifier: Apache-2.0
// B A = Qb (Rb Ra') Qa': only the small core Rb Ra' needs a singular value decomposition.
#include "pipeline/collect/truncate_factors.h"

#include "data/core/error.h"

#include <Eigen/Dense>

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

using Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

MatrixXd matrix_of(const Tensor& tensor) {
  return Eigen::Map<const RowMajor>(tensor.values.data(), tensor.shape[0], tensor.shape[1]).cast<double>();
}

Tensor tensor_of(const MatrixXd& matrix) {
  Tensor tensor{{matrix.rows(), matrix.cols()}, std::vector<float>(matrix.size())};
  Eigen::Map<RowMajor>(tensor.values.data(), matrix.rows(), matrix.cols()) = matrix.cast<float>();
  return tensor;
}

struct ThinQr {
  MatrixXd q, r;
};

ThinQr thin_qr(const MatrixXd& matrix) {
  const Eigen::Index columns = std::min(matrix.rows(), matrix.cols());
  const Eigen::HouseholderQR<MatrixXd> qr(matrix);
  return {qr.householderQ() * MatrixXd::Identity(matrix.rows(), columns),
          qr.matrixQR().topRows(columns).triangularView<Eigen::Upper>()};
}

}  // namespace

Truncated truncate_factors(Factors factors, int rank) {
  const auto &a = factors.a.shape, &b = factors.b.shape;
  if (a.size() != 2 || b.size() != 2 || a[0] != b[1] || rank < 1)
    throw InternalError("factors " + describe_shape(b) + " and " + describe_shape(a) + " cannot be cut to rank " +
                        std::to_string(rank));
  if (a[0] <= rank) return {std::move(factors), 0};
  const ThinQr qb = thin_qr(matrix_of(factors.b)), qa = thin_qr(matrix_of(factors.a).transpose());
  const Eigen::JacobiSVD<MatrixXd> svd(qb.r * qa.r.transpose(), Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd& values = svd.singularValues();
  const Eigen::Index kept = std::min<Eigen::Index>(rank, values.size());
  const Eigen::VectorXd roots = values.head(kept).cwiseSqrt();
  // A site smaller than the rank asked for is filled up with zeros, so that all sites keep one rank.
  MatrixXd cut_b = MatrixXd::Zero(b[0], rank), cut_a = MatrixXd::Zero(rank, a[1]);
  cut_b.leftCols(kept) = qb.q * svd.matrixU().leftCols(kept) * roots.asDiagonal();
  cut_a.topRows(kept) = roots.asDiagonal() * svd.matrixV().leftCols(kept).transpose() * qa.q.transpose();
  const double all = values.norm(), lost = values.tail(values.size() - kept).norm();
  return {{tensor_of(cut_a), tensor_of(cut_b)}, all > 0 ? lost / all : 0};
}

}  // namespace lorasweep
