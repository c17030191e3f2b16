// SPDX-License-Identifier: Apache-2.0
#include "pipeline/low_rank/spectrum.h"

#include "data/core/error.h"
#include "pipeline/low_rank/thin_qr.h"

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lorasweep {

using Eigen::MatrixXd;

SiteSpectrum spectrum_of(const Factors& factors, double scaling) {
  require_one_rank(factors);
  const Core core = core_of(matrix_of(factors.b), matrix_of(factors.a));
  const Eigen::BDCSVD<MatrixXd> svd(core.core * scaling, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd& values = svd.singularValues();
  const Eigen::Index longest = std::max(core.left.rows(), core.right.rows());
  const double least =
      values.size() == 0 ? 0 : values[0] * static_cast<double>(longest) * std::numeric_limits<double>::epsilon();
  const Eigen::Index rank = (values.array() > least).count();
  return {.values = {values.begin(), values.end()},
          .left = tensor_of(core.left * svd.matrixU().leftCols(rank)),
          .right = tensor_of(core.right * svd.matrixV().leftCols(rank))};
}

SpectrumMeasures measures_of(std::span<const double> values) {
  double sum = 0, squares = 0, entropy = 0, greatest = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
    greatest = std::max(greatest, value);
  }
  if (greatest == 0) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    return {0, unknown, unknown, unknown};
  }
  for (const double value : values)
    if (value > 0) entropy -= value / sum * std::log(value / sum);
  return {.frobenius = std::sqrt(squares),
          .top_share = greatest * greatest / squares,
          .effective_rank = std::exp(entropy),
          .stable_rank = squares / (greatest * greatest)};
}

double subspace_overlap(const Tensor& x, const Tensor& y) {
  if (x.shape.size() != 2 || y.shape.size() != 2 || x.shape[0] != y.shape[0])
    throw InternalError("spaces of " + describe_shape(x.shape) + " and " + describe_shape(y.shape) +
                        " cannot be compared");
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto columns = std::min(x.shape[1], y.shape[1]);
  if (columns == 0) return std::numeric_limits<double>::quiet_NaN();
  const Eigen::Map<const RowMajor> left(x.values.data(), x.shape[0], x.shape[1]),
      right(y.values.data(), y.shape[0], y.shape[1]);
  const Eigen::MatrixXd inner =
      left.leftCols(columns).cast<double>().transpose() * right.leftCols(columns).cast<double>();
  return inner.squaredNorm() / static_cast<double>(columns);
}

}  // namespace lorasweep
