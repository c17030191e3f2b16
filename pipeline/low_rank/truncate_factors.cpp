// SPDX-License-Identifier: Apache-2.0
// B A = Qb (Rb Ra') Qa': only the small core Rb Ra' needs a singular value decomposition.
#include "pipeline/low_rank/truncate_factors.h"

#include "data/core/error.h"
#include "pipeline/low_rank/thin_qr.h"

#include <Eigen/SVD>

#include <algorithm>
#include <utility>

namespace lorasweep {

using Eigen::MatrixXd;

Truncated truncate_factors(Factors factors, int rank) {
  const auto &a = factors.a.shape, &b = factors.b.shape;
  if (a.size() != 2 || b.size() != 2 || a[0] != b[1] || rank < 1)
    throw InternalError("factors " + describe_shape(b) + " and " + describe_shape(a) + " cannot be cut to rank " +
                        std::to_string(rank));
  if (a[0] <= rank) return {std::move(factors), 0};
  const Core core = core_of(matrix_of(factors.b), matrix_of(factors.a));
  const Eigen::JacobiSVD<MatrixXd> svd(core.core, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd& values = svd.singularValues();
  const Eigen::Index kept = std::min<Eigen::Index>(rank, values.size());
  const Eigen::VectorXd roots = values.head(kept).cwiseSqrt();
  // A site smaller than the rank asked for is filled up with zeros, so that all sites keep one rank.
  MatrixXd cut_b = MatrixXd::Zero(b[0], rank), cut_a = MatrixXd::Zero(rank, a[1]);
  cut_b.leftCols(kept) = core.left * svd.matrixU().leftCols(kept) * roots.asDiagonal();
  cut_a.topRows(kept) = roots.asDiagonal() * svd.matrixV().leftCols(kept).transpose() * core.right.transpose();
  const double all = values.norm(), lost = values.tail(values.size() - kept).norm();
  return {{tensor_of(cut_a), tensor_of(cut_b)}, all > 0 ? lost / all : 0};
}

}  // namespace lorasweep
