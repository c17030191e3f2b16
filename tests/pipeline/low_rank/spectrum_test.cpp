// SPDX-License-Identifier: Apache-2.0
// Spectra whose values are known beforehand; those of adapters are held to numpy in tests/pipeline/spectrum.
#include "pipeline/low_rank/spectrum.h"

#include "data/core/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lorasweep {
namespace {

// Columns `at[k]` of the identity times `by[k]`.
Tensor picked(std::int64_t rows, const std::vector<std::int64_t>& at, const std::vector<float>& by) {
  const auto columns = static_cast<std::int64_t>(at.size());
  Tensor tensor{{rows, columns}, std::vector<float>(static_cast<std::size_t>(rows * columns), 0)};
  for (std::int64_t k = 0; k < columns; ++k)
    tensor.values[static_cast<std::size_t>(at[k] * columns + k)] = by[static_cast<std::size_t>(k)];
  return tensor;
}

Tensor transposed(const Tensor& tensor) {
  Tensor other{{tensor.shape[1], tensor.shape[0]}, {}};
  for (std::int64_t j = 0; j < tensor.shape[1]; ++j)
    for (std::int64_t i = 0; i < tensor.shape[0]; ++i)
      other.values.push_back(tensor.values[static_cast<std::size_t>(i * tensor.shape[1] + j)]);
  return other;
}

Factors diagonal(const std::vector<std::int64_t>& outputs, const std::vector<float>& values) {
  return {.a = transposed(picked(6, {0, 1, 2}, {1, 1, 1})), .b = picked(9, outputs, values)};
}

TEST(Spectrum, HasTheValuesOfADiagonalInDescendingOrder) {
  const SiteSpectrum spectrum = spectrum_of(diagonal({4, 0, 7}, {1, -3, 2}), -2);
  ASSERT_EQ(spectrum.values.size(), 3u);
  EXPECT_NEAR(spectrum.values[0], 6, 1e-12);
  EXPECT_NEAR(spectrum.values[1], 4, 1e-12);
  EXPECT_NEAR(spectrum.values[2], 2, 1e-12);
  const SpectrumMeasures measures = measures_of(spectrum.values);
  EXPECT_NEAR(measures.frobenius, std::sqrt(56), 1e-12);
  EXPECT_NEAR(measures.top_share, 36.0 / 56, 1e-12);
  EXPECT_NEAR(measures.stable_rank, 56.0 / 36, 1e-12);
  EXPECT_NEAR(measures.effective_rank, std::exp(std::log(2) / 2 + std::log(3) / 3 + std::log(6) / 6), 1e-12);
}

TEST(Spectrum, EqualValuesUseTheirWholeRank) {
  const SpectrumMeasures measures = measures_of(std::vector<double>{2, 2, 2, 2});
  EXPECT_NEAR(measures.effective_rank, 4, 1e-12);
  EXPECT_NEAR(measures.stable_rank, 4, 1e-12);
  EXPECT_NEAR(measures.top_share, 0.25, 1e-12);
}

TEST(Spectrum, OfNoChangeHasNoSpacesAndNoShares) {
  const SiteSpectrum nothing = spectrum_of(diagonal({4, 0, 7}, {0, 0, 0}));
  EXPECT_EQ(nothing.left.shape, (std::vector<std::int64_t>{9, 0}));
  EXPECT_EQ(measures_of(nothing.values).frobenius, 0);
  EXPECT_TRUE(std::isnan(measures_of(nothing.values).effective_rank));
  EXPECT_TRUE(std::isnan(subspace_overlap(nothing.left, nothing.left)));
}

TEST(Spectrum, HoldsNoMoreValuesThanTheSmallerSideHas) {
  const Factors wide{.a = picked(5, {0, 1, 2, 3}, {1, 1, 1, 1}), .b = picked(3, {0, 1, 2, 0, 1}, {1, 1, 1, 1, 1})};
  EXPECT_EQ(spectrum_of(wide).values.size(), 3u);
}

TEST(SubspaceOverlap, IsTheShareOfTheDirectionsThatTwoChangesHaveInCommon) {
  const SiteSpectrum one = spectrum_of(diagonal({4, 0, 7}, {3, 2, 1})),
                     other = spectrum_of(diagonal({7, 1, 0}, {3, 2, 1}));
  EXPECT_NEAR(subspace_overlap(one.left, other.left), 2.0 / 3, 1e-6);
  EXPECT_NEAR(subspace_overlap(one.right, other.right), 1, 1e-6);
  // Of a change of lower rank only as many directions are looked at: 7 is the least of `one`.
  const SiteSpectrum thin = spectrum_of(diagonal({7, 1, 0}, {1, 0, 0}));
  EXPECT_NEAR(subspace_overlap(one.left, thin.left), 0, 1e-6);
  EXPECT_NEAR(subspace_overlap(other.left, thin.left), 1, 1e-6);
}

TEST(Spectrum, RefusesFactorsThatDoNotFit) {
  EXPECT_THROW(spectrum_of({.a = picked(4, {0}, {1}), .b = picked(7, {0, 1}, {1, 1})}), InternalError);
  EXPECT_THROW(subspace_overlap(picked(4, {0}, {1}), picked(7, {0}, {1})), InternalError);
}

}  // namespace
}  // namespace lorasweep
