// SPDX-License-Identifier: Apache-2.0
// Truncation against the full singular value decomposition of the dense product.
#include "pipeline/low_rank/truncate_factors.h"

#include "data/core/error.h"
#include "tests/pipeline/low_rank/dense_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace lorasweep {
namespace {

using Eigen::MatrixXd;

struct Shape {
  std::int64_t out, in, rank;
  int cut;
};

class TruncateFactors : public testing::TestWithParam<Shape> {};

TEST_P(TruncateFactors, IsTheBestApproximationOfThatRank) {
  const auto [out, in, rank, cut] = GetParam();
  const Factors factors{.a = waves(rank, in, 0.3), .b = waves(out, rank, 0.9)};
  const MatrixXd whole = product(factors);
  const Truncated truncated = truncate_factors(factors, cut);
  EXPECT_EQ(truncated.factors.a.shape, (std::vector<std::int64_t>{cut, in}));
  EXPECT_EQ(truncated.factors.b.shape, (std::vector<std::int64_t>{out, cut}));

  const Eigen::JacobiSVD<MatrixXd> svd(whole);
  const Eigen::Index values = svd.singularValues().size(), kept = std::min<Eigen::Index>(cut, values);
  const double best = svd.singularValues().tail(values - kept).norm() / whole.norm();
  const double found = (whole - product(truncated.factors)).norm() / whole.norm();
  EXPECT_NEAR(truncated.relative_error, best, 1e-12);
  EXPECT_NEAR(found, best, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Shapes, TruncateFactors,
                         testing::Values(Shape{12, 9, 6, 2}, Shape{12, 9, 6, 1}, Shape{5, 40, 20, 3},
                                         Shape{3, 4, 20, 8}, Shape{64, 96, 40, 8}));

TEST(TruncateFactorsEdge, LeavesFactorsOfNoHigherRankAsTheyAre) {
  const Factors factors{.a = waves(4, 6, 0.1), .b = waves(7, 4, 0.2)};
  const Truncated same = truncate_factors(factors, 4);
  EXPECT_EQ(same.factors.a.values, factors.a.values);
  EXPECT_EQ(same.factors.b.values, factors.b.values);
  EXPECT_EQ(same.relative_error, 0);
}

TEST(TruncateFactorsEdge, LosesNothingOfAProductThatIsZero) {
  Factors factors{.a = waves(4, 6, 0.1), .b = {{7, 4}, std::vector<float>(28, 0.0f)}};
  const Truncated zero = truncate_factors(std::move(factors), 2);
  EXPECT_EQ(zero.relative_error, 0);
  EXPECT_EQ(product(zero.factors).norm(), 0);
}

TEST(TruncateFactorsEdge, RefusesFactorsThatDoNotFit) {
  EXPECT_THROW(truncate_factors({.a = waves(4, 6, 0.1), .b = waves(7, 3, 0.2)}, 2), InternalError);
  EXPECT_THROW(truncate_factors({.a = waves(4, 6, 0.1), .b = waves(7, 4, 0.2)}, 0), InternalError);
}

}  // namespace
}  // namespace lorasweep
