// SPDX-License-Identifier: Apache-2.0
// Merges by their definition, entry by entry; those of adapters are held to PEFT in tests/pipeline/merge.
#include "pipeline/low_rank/static_merge.h"

#include "data/core/error.h"
#include "tests/pipeline/low_rank/dense_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace lorasweep {
namespace {

using Eigen::MatrixXd;

std::vector<MergeTerm> terms(std::int64_t out, std::int64_t in) {
  return {{{.a = waves(3, in, 0.1), .b = waves(out, 3, 0.2)}, 2, 0.5},
          {{.a = waves(2, in, 0.3), .b = waves(out, 2, 0.4)}, 0.5, -1.25}};
}

MatrixXd weighted_sum(const std::vector<MergeTerm>& of) {
  MatrixXd sum = product(of[0].factors) * (of[0].scaling * of[0].weight);
  return sum + product(of[1].factors) * (of[1].scaling * of[1].weight);
}

TEST(StaticMerge, CatIsTheWeightedSum) {
  const auto both = terms(9, 7);
  const Factors merged = merge_site(both, {.merge = StaticMerge::cat});
  EXPECT_EQ(merged.a.shape, (std::vector<std::int64_t>{5, 7}));
  EXPECT_LT((product(merged) - weighted_sum(both)).norm(), 1e-6);
}

TEST(StaticMerge, SvdIsTheBestApproximationOfTheSum) {
  for (const auto& [out, in] : {std::pair(9, 7), std::pair(6, 14), std::pair(3, 4)}) {
    const auto both = terms(out, in);
    const MatrixXd whole = weighted_sum(both);
    const Factors merged = merge_site(both, {.merge = StaticMerge::svd, .rank = 4});
    EXPECT_EQ(merged.a.shape, (std::vector<std::int64_t>{4, in}));
    const Eigen::JacobiSVD<MatrixXd> svd(whole);
    const Eigen::Index lost = std::max<Eigen::Index>(svd.singularValues().size() - 4, 0);
    EXPECT_NEAR((product(merged) - whole).norm(), svd.singularValues().tail(lost).norm(), 1e-6);
  }
}

TEST(StaticMerge, PruningWithoutPruningIsTheSum) {
  const auto both = terms(5, 6);
  const Factors merged = merge_site(both, {.merge = StaticMerge::magnitude_prune_svd, .rank = 5, .density = 1});
  EXPECT_LT((product(merged) - weighted_sum(both)).norm(), 1e-6);
}

TEST(StaticMerge, TiesTakesTheMeanOfThoseThatHaveTheElectedSign) {
  // One column, of which the other columns are none: 1 x 2 changes whose entries are read off.
  const auto change = [](float x, float y, double weight) {
    return MergeTerm{{.a = {{1, 2}, {x, y}}, .b = {{1, 1}, {1}}}, 1, weight};
  };
  const std::vector<MergeTerm> three{change(4, -3, 1), change(-1, -1, 1), change(2, 2, 3)};
  const MatrixXd total = product(merge_site(three, {.merge = StaticMerge::ties_svd, .rank = 1, .density = 1}));
  EXPECT_NEAR(total(0, 0), (4 + 3 * 2) / 2.0, 1e-6);  // plus: 4 and 2
  EXPECT_NEAR(total(0, 1), (-3 - 1) / 2.0, 1e-6);     // minus by -3 - 1 + 2
  const std::vector<MergeTerm> loud{change(-9, 1, 1), change(1, 1, 1), change(2, 1, 1)};
  const MergeRule by_number{.merge = StaticMerge::ties_svd, .rank = 1, .density = 1, .sign = MajoritySign::frequency};
  EXPECT_NEAR(product(merge_site(loud, {.merge = StaticMerge::ties_svd, .rank = 1, .density = 1}))(0, 0), -9, 1e-6);
  EXPECT_NEAR(product(merge_site(loud, by_number))(0, 0), 1.5, 1e-6);
}

TEST(StaticMerge, PruningKeepsTheGreatestMagnitudesAndOfEqualOnesTheFirst) {
  const std::vector<MergeTerm> one{{{.a = {{1, 5}, {1, -3, 2, 2, -2}}, .b = {{1, 1}, {1}}}, 1, 1}};
  const MatrixXd kept =
      product(merge_site(one, {.merge = StaticMerge::magnitude_prune_svd, .rank = 1, .density = 0.6}));
  const std::vector<double> wanted{0, -3, 2, 2, 0};
  for (Eigen::Index j = 0; j < 5; ++j) EXPECT_NEAR(kept(0, j), wanted[static_cast<std::size_t>(j)], 1e-6) << j;
  EXPECT_EQ(product(merge_site(one, {.merge = StaticMerge::magnitude_prune_svd, .rank = 1, .density = 0.1})).norm(), 0);
}

TEST(StaticMerge, RefusesWhatIsNotOfOneMap) {
  std::vector<MergeTerm> both = terms(5, 6);
  EXPECT_THROW(merge_site({}, {}), InternalError);
  both[1].factors.a = waves(2, 7, 0);
  EXPECT_THROW(merge_site(both, {.merge = StaticMerge::cat}), InternalError);
}

}  // namespace
}  // namespace lorasweep
