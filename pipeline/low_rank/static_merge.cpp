// SPDX-License-Identifier: Apache-2.0
#include "pipeline/low_rank/static_merge.h"

#include "data/core/error.h"
#include "pipeline/low_rank/thin_qr.h"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace lorasweep {
namespace {

using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;

void require_one_map(std::span<const MergeTerm> terms, const MergeRule& rule) {
  if (terms.empty() || rule.rank < 1) throw InternalError("nothing to merge, or a rank below 1");
  for (const MergeTerm& term : terms) {
    require_one_rank(term.factors);
    if (term.factors.a.shape[1] != terms.front().factors.a.shape[1] ||
        term.factors.b.shape[0] != terms.front().factors.b.shape[0])
      throw InternalError("changes of different maps cannot be merged");
  }
}

struct Product {
  MatrixXd b, a;  // [out, rank] and [rank, in]
};

Factors rounded(const Product& product) { return {.a = tensor_of(product.a), .b = tensor_of(product.b)}; }

// Weights and scalings are in b.
Product side_by_side(std::span<const MergeTerm> terms) {
  Index ranks = 0;
  for (const MergeTerm& term : terms) ranks += term.factors.a.shape[0];
  Product stacked{MatrixXd(terms.front().factors.b.shape[0], ranks), MatrixXd(ranks, terms.front().factors.a.shape[1])};
  Index at = 0;
  for (const MergeTerm& term : terms) {
    const Index rank = term.factors.a.shape[0];
    stacked.b.middleCols(at, rank) = matrix_of(term.factors.b) * (term.weight * term.scaling);
    stacked.a.middleRows(at, rank) = matrix_of(term.factors.a);
    at += rank;
  }
  return stacked;
}

// The best approximation of that rank: its columns projected on the greatest left singular vectors, or its rows on the
// right ones, whichever are shorter. These are eigenvectors of the smaller of M M' and M' M.
Product best_of_rank(const MatrixXd& m, int rank) {
  const bool by_rows = m.rows() <= m.cols();
  const MatrixXd gram = by_rows ? MatrixXd(m * m.transpose()) : MatrixXd(m.transpose() * m);
  const Index kept = std::min<Index>(rank, gram.rows());
  const MatrixXd vectors = Eigen::SelfAdjointEigenSolver<MatrixXd>(gram).eigenvectors().rightCols(kept);
  Product best{MatrixXd::Zero(m.rows(), rank), MatrixXd::Zero(rank, m.cols())};
  best.b.leftCols(kept) = by_rows ? vectors : MatrixXd(m * vectors);
  best.a.topRows(kept) = by_rows ? MatrixXd(vectors.transpose() * m) : MatrixXd(vectors.transpose());
  return best;
}

// b a cut to the rank, without forming it.
Product best_of_rank(const Product& stacked, int rank) {
  const Core core = core_of(stacked.b, stacked.a);
  const Product cut = best_of_rank(core.core, rank);
  return {core.left * cut.b, cut.a * core.right.transpose()};
}

// Leaves the int(density * size) entries of greatest magnitude.
void prune(MatrixXd& change, double density) {
  if (density >= 1) return;
  const auto kept = static_cast<std::size_t>(density * static_cast<double>(change.size()));
  std::vector<double> magnitudes(static_cast<std::size_t>(change.size()));
  std::ranges::transform(change.reshaped(), magnitudes.begin(), [](double v) { return std::abs(v); });
  if (kept == 0) {
    change.setZero();
    return;
  }
  std::ranges::nth_element(magnitudes, magnitudes.begin() + static_cast<std::ptrdiff_t>(kept) - 1, std::greater{});
  const double limit = magnitudes[kept - 1];
  auto at_limit = static_cast<std::ptrdiff_t>(kept) - (change.array().abs() > limit).count();
  for (Index i = 0; i < change.rows(); ++i)
    for (Index j = 0; j < change.cols(); ++j) {
      const double magnitude = std::abs(change(i, j));
      if (magnitude < limit || (magnitude == limit && at_limit-- <= 0)) change(i, j) = 0;
    }
}

// Adds up the pruned changes: `add` gets each of them with the weight of its adapter.
void for_each_pruned(std::span<const MergeTerm> terms, double density, const auto& add) {
  for (const MergeTerm& term : terms) {
    MatrixXd change = matrix_of(term.factors.b) * matrix_of(term.factors.a) * term.scaling;
    prune(change, density);
    add(change.array(), term.weight);
  }
}

MatrixXd magnitude_prune(std::span<const MergeTerm> terms, double density) {
  ArrayXXd sum = ArrayXXd::Zero(terms.front().factors.b.shape[0], terms.front().factors.a.shape[1]);
  for_each_pruned(terms, density, [&](const auto& change, double weight) { sum += change * weight; });
  return sum.matrix();
}

// Of each entry the mean over the adapters that have the elected sign there. The sum of zeros elects plus.
MatrixXd ties(std::span<const MergeTerm> terms, const MergeRule& rule) {
  const ArrayXXd zero = ArrayXXd::Zero(terms.front().factors.b.shape[0], terms.front().factors.a.shape[1]);
  ArrayXXd elected = zero, above = zero, below = zero, count_above = zero, count_below = zero;
  for_each_pruned(terms, rule.density, [&](const auto& change, double weight) {
    if (rule.sign == MajoritySign::total)
      elected += change;
    else
      elected += change.sign();
    above += (change > 0).select(change * weight, 0.0);
    below += (change < 0).select(change * weight, 0.0);
    count_above += (change > 0).template cast<double>();
    count_below += (change < 0).template cast<double>();
  });
  return (elected >= 0).select(above / count_above.max(1.0), below / count_below.max(1.0)).matrix();
}

}  // namespace

Factors merge_site(std::span<const MergeTerm> terms, const MergeRule& rule) {
  require_one_map(terms, rule);
  switch (rule.merge) {
    case StaticMerge::cat: return rounded(side_by_side(terms));
    case StaticMerge::svd: return rounded(best_of_rank(side_by_side(terms), rule.rank));
    case StaticMerge::ties_svd: return rounded(best_of_rank(ties(terms, rule), rule.rank));
    case StaticMerge::magnitude_prune_svd:
      return rounded(best_of_rank(magnitude_prune(terms, rule.density), rule.rank));
  }
  throw InternalError("unknown merge");
}

}  // namespace lorasweep
