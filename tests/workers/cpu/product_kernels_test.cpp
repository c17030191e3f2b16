// SPDX-License-Identifier: Apache-2.0
// The products of every instruction set against sums in double, and bit for bit against chains spelled out.
#include "tests/workers/cpu/kernel_sets.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace lorasweep {
namespace {

class ProductKernels : public KernelSet {};

TEST_P(ProductKernels, MultiplyIsTheProductAndOneRowHasTheSameBitsAsInMany) {
  for (const int m : {1, 2, 3, 5, 6, 7, 12, 25})
    for (const int inner : {1, 8, 24, 96})
      for (const int n : {1, 8, 16, 24, 48, 64, 100}) {
        const auto x = random_floats(static_cast<std::size_t>(m) * (inner + 3), m),
                   w = random_floats(static_cast<std::size_t>(inner) * (n + 2), n);
        const auto start = random_floats(static_cast<std::size_t>(m) * (n + 1), 9);
        auto y = start, z = start;
        k.multiply(y.data(), n + 1, x.data(), inner + 3, w.data(), n + 2, m, inner, n, true);
        k.multiply(z.data(), n + 1, x.data(), inner + 3, w.data(), n + 2, m, inner, n, false);
        for (int i = 0; i < m; ++i) {
          std::vector<float> alone(start.begin() + i * (n + 1), start.begin() + (i + 1) * (n + 1));
          k.multiply(alone.data(), n + 1, x.data() + i * (inner + 3), inner + 3, w.data(), n + 2, 1, inner, n, true);
          for (int j = 0; j < n; ++j) {
            double sum = 0, size = 0;
            for (int t = 0; t < inner; ++t) {
              sum += static_cast<double>(x[i * (inner + 3) + t]) * w[t * (n + 2) + j];
              size += std::abs(static_cast<double>(x[i * (inner + 3) + t]) * w[t * (n + 2) + j]);
            }
            ASSERT_NEAR(z[i * (n + 1) + j], sum, 1e-6 * size + 1e-7);
            ASSERT_NEAR(y[i * (n + 1) + j], sum + start[i * (n + 1) + j], 1e-6 * size + 1e-6);
            ASSERT_EQ(y[i * (n + 1) + j], alone[j]);
          }
          ASSERT_EQ(y[i * (n + 1) + n], start[i * (n + 1) + n]) << "wrote beyond its columns";
        }
      }
}

// Where multiply and add are fused, the chains are spelled out here by std::fma; elsewhere product and sum are rounded.
float step(const Kernels& k, float a, float b, float c) {
  return &k == &portable_kernels() ? a * b + c : std::fma(a, b, c);
}

TEST_P(ProductKernels, EveryOutputOfMultiplyIsOneChainInOrder) {
  for (const int m : {1, 2, 3, 4, 5, 6, 7, 10})
    for (const int inner : {1, 33})
      for (const int n : {8, 16, 24, 32, 72, 136}) {
        const auto x = random_floats(static_cast<std::size_t>(m) * inner, m),
                   w = random_floats(static_cast<std::size_t>(inner) * n, n);
        const auto start = random_floats(static_cast<std::size_t>(m) * n, 9);
        auto y = start;
        k.multiply(y.data(), n, x.data(), inner, w.data(), n, m, inner, n, true);
        for (int i = 0; i < m; ++i)
          for (int j = 0; j < n; ++j) {
            float expected = start[i * n + j];
            for (int t = 0; t < inner; ++t) expected = step(k, x[i * inner + t], w[t * n + j], expected);
            ASSERT_EQ(y[i * n + j], expected) << m << " x " << inner << " x " << n << " at " << i << ", " << j;
          }
      }
}

TEST_P(ProductKernels, EveryProductOfASumIsAChainFrom0AndTheirSumComesLast) {
  const std::vector<int> ranks = {16, 1, 5};
  constexpr int inner = 22;
  for (const int m : {1, 2, 3, 4, 5, 6, 7, 10})
    for (const int n : {8, 16, 24, 32, 72}) {
      const auto x = random_floats(static_cast<std::size_t>(m) * inner, m),
                 w = random_floats(static_cast<std::size_t>(inner) * n, n);
      const auto start = random_floats(static_cast<std::size_t>(m) * n, 9);
      std::vector<ProductSegment> products;
      for (int first = 0; const int rank : ranks) {
        products.push_back({.first = first, .w = w.data() + first * n, .w_stride = n, .k = rank});
        first += rank;
      }
      auto y = start;
      k.multiply_sum(y.data(), n, x.data(), inner, products.data(), std::ssize(products), m, n);
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
          float total = 0;
          for (const ProductSegment& product : products) {
            float chain = 0;
            for (Index t = 0; t < product.k; ++t)
              chain = step(k, x[i * inner + product.first + t], product.w[t * n + j], chain);
            total += chain;
          }
          ASSERT_EQ(y[i * n + j], start[i * n + j] + total) << m << " x " << n << " at " << i << ", " << j;
        }
    }
}

TEST_P(ProductKernels, EveryOutputOfATileAddsChainsOf32Inputs) {
  constexpr int width = 16;
  for (int rows = 1; rows <= k.tile_rows; ++rows)
    for (int count = 1; count <= k.tile_panels; ++count)
      for (const int inner : {1, 31, 32, 33, 64, 100}) {
        const int columns = count * width, stride = columns + 3;
        const std::int64_t panel_stride = (inner + 2) * width;
        const auto x = random_floats(static_cast<std::size_t>(inner) * k.tile_rows, rows),
                   panels = random_floats(static_cast<std::size_t>(count * panel_stride), inner);
        const auto start = random_floats(static_cast<std::size_t>(rows) * stride, 9);
        for (const bool accumulate : {false, true}) {
          auto y = start;
          k.panel_tile(y.data(), stride, x.data(), panels.data(), panel_stride, rows, count, inner, accumulate);
          for (int r = 0; r < rows; ++r)
            for (int c = 0; c < stride; ++c) {
              float expected = accumulate || c >= columns ? start[r * stride + c] : 0.0f;
              for (int first = 0; first < inner && c < columns; first += 32) {
                float chain = 0;
                for (int i = first; i < std::min(inner, first + 32); ++i)
                  chain =
                      step(k, x[i * k.tile_rows + r], panels[c / width * panel_stride + i * width + c % width], chain);
                expected += chain;
              }
              ASSERT_EQ(y[r * stride + c], expected) << rows << " rows, " << inner << " inputs, column " << c;
            }
        }
      }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, ProductKernels, testing::ValuesIn(all_kernels()),
                         [](const auto& param) { return identifier(param.param->name); });

}  // namespace
}  // namespace lorasweep
