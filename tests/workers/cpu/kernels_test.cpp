// SPDX-License-Identifier: Apache-2.0
// The row kernels of every instruction set against sums in double.
#include "data/tensor/tensor.h"
#include "tests/workers/cpu/kernel_sets.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace lorasweep {
namespace {

const std::vector<int> lengths = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 96, 100, 257};

TEST_P(KernelSet, RmsNormDividesByTheRootOfTheMeanSquare) {
  for (const int n : lengths) {
    const auto x = random_floats(n, n), gain = random_floats(n, n + 1);
    double squares = 0;
    for (const float v : x) squares += static_cast<double>(v) * v;
    std::vector<float> out(n);
    std::vector<std::uint16_t> narrow(n);
    k.rms_norm(x.data(), gain.data(), 1e-6f, n, out.data(), nullptr);
    k.rms_norm(x.data(), gain.data(), 1e-6f, n, nullptr, narrow.data());
    for (int i = 0; i < n; ++i) {
      const double expected = x[i] / std::sqrt(squares / n + 1e-6) * gain[i];
      ASSERT_NEAR(out[i], expected, 2e-6 * std::abs(expected) + 1e-7);
      ASSERT_EQ(narrow[i], f32_to_bf16(out[i]));
    }
  }
}

TEST_P(KernelSet, GatedGeluIsTheTanhForm) {
  for (const int n : lengths) {
    const auto gate = random_floats(n, n, 4), linear = random_floats(n, n + 1);
    std::vector<float> out(n);
    k.gated_gelu(gate.data(), linear.data(), n, out.data(), nullptr);
    for (int i = 0; i < n; ++i) {
      const double g = gate[i];
      const double expected = 0.5 * g * (1 + std::tanh(std::sqrt(2 / M_PI) * (g + 0.044715 * g * g * g))) * linear[i];
      ASSERT_NEAR(out[i], expected, 2e-6 * std::abs(g * linear[i]) + 1e-7) << g;
    }
  }
}

TEST_P(KernelSet, GatedSiluIsTheGateTimesItsLogisticFunction) {
  for (const int n : lengths) {
    auto gate = random_floats(n, n, 4);
    gate[0] = -200;  // where exp would overflow
    const auto linear = random_floats(n, n + 1);
    std::vector<float> out(n);
    k.gated_silu(gate.data(), linear.data(), n, out.data(), nullptr);
    for (int i = 0; i < n; ++i) {
      const double g = gate[i], expected = g / (1 + std::exp(-g)) * linear[i];
      ASSERT_NEAR(out[i], expected, 2e-6 * std::abs(g * linear[i]) + 1e-7) << g;
    }
  }
}

TEST_P(KernelSet, SoftmaxSumsToOneAndSurvivesLargeScores) {
  for (const int n : lengths)
    for (const float scale : {1.0f, 30.0f, 1e4f}) {
      auto scores = random_floats(n + 5, n, scale);
      const auto bias = random_floats(n, n + 1), before = scores;
      double most = -INFINITY, sum = 0;
      for (int i = 0; i < n; ++i) most = std::max(most, static_cast<double>(before[i] + bias[i]));
      for (int i = 0; i < n; ++i) sum += std::exp(static_cast<double>(before[i] + bias[i]) - most);
      k.softmax(scores.data(), bias.data(), n, n + 5);
      for (int i = 0; i < n; ++i)
        ASSERT_NEAR(scores[i], std::exp(static_cast<double>(before[i] + bias[i]) - most) / sum, 3e-6) << n;
      for (int i = n; i < n + 5; ++i) ASSERT_EQ(scores[i], 0.0f);
    }
}

TEST_P(KernelSet, SumOfExponentialsIsRelativeToTheLargest) {
  for (const int n : lengths) {
    const auto x = random_floats(n, n, 20);
    float most = 0;
    const double sum = k.sum_exp(x.data(), n, &most);
    ASSERT_EQ(most, *std::max_element(x.begin(), x.end()));
    double expected = 0;
    for (const float v : x) expected += std::exp(static_cast<double>(v) - most);
    ASSERT_NEAR(sum, expected, 2e-6 * expected);
  }
}

TEST_P(KernelSet, ArgmaxTakesTheLowestIndexOnATie) {
  for (const int n : lengths) {
    auto x = random_floats(n, n);
    ASSERT_EQ(k.argmax(x.data(), n), std::max_element(x.begin(), x.end()) - x.begin());
    for (float& v : x) v = -3;
    ASSERT_EQ(k.argmax(x.data(), n), 0);
    x[n / 2] = x[n - 1] = 5;
    ASSERT_EQ(k.argmax(x.data(), n), n / 2);
  }
}

TEST_P(KernelSet, NarrowRoundsToNearestEvenAndWidenIsExact) {
  auto x = random_floats(4096, 3, 100);
  x[0] = INFINITY;
  x[1] = -INFINITY;
  x[2] = 1.00390625f;  // half way: to even
  x[3] = 1.01171875f;
  x[4] = -0.0f;
  std::vector<std::uint16_t> narrow(x.size());
  std::vector<float> wide(x.size());
  k.narrow(x.data(), static_cast<std::int64_t>(x.size()), narrow.data());
  k.widen(narrow.data(), static_cast<std::int64_t>(x.size()), wide.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(narrow[i], f32_to_bf16(x[i])) << x[i];
    ASSERT_EQ(wide[i], bf16_to_f32(narrow[i]));
  }
}

TEST_P(KernelSet, AttendIsSoftmaxOfScoresTimesValues) {
  for (const int width : {1, 8, 16, 20, 64})
    for (const int length : {1, 2, 17, 50}) {
      const int stride = 2 * width + 3;
      const auto q = random_floats(width, 1), cache = random_floats(static_cast<std::size_t>(length) * stride, 2),
                 bias = random_floats(length, 3);
      std::vector<float> scores(length), out(width);
      k.attend(q.data(), cache.data(), cache.data() + width, stride, bias.data(), length, width, scores.data(),
               out.data());
      std::vector<double> p(length);
      double most = -INFINITY, sum = 0;
      for (int i = 0; i < length; ++i) {
        p[i] = bias[i];
        for (int j = 0; j < width; ++j) p[i] += static_cast<double>(q[j]) * cache[i * stride + j];
        most = std::max(most, p[i]);
      }
      for (double& value : p) sum += value = std::exp(value - most);
      for (int j = 0; j < width; ++j) {
        double expected = 0;
        for (int i = 0; i < length; ++i) expected += p[i] / sum * cache[i * stride + width + j];
        ASSERT_NEAR(out[j], expected, 1e-5);
      }
    }
}

TEST_P(KernelSet, CombineRoundsEveryProductAndSumAsTheReferenceDoes) {
  const int n = 103, count = 20;
  std::vector<std::vector<float>> rows;
  std::vector<const float*> pointers;
  for (int i = 0; i < count; ++i) pointers.push_back(rows.emplace_back(random_floats(n, 50 + i)).data());
  const auto weights = random_floats(count, 77);
  std::vector<float> out(n);
  k.combine(out.data(), pointers.data(), weights.data(), count, n);
  for (int j = 0; j < n; ++j) {
    volatile float sum = 0;  // volatile: each step is stored, so nothing can be fused
    for (int i = 0; i < count; ++i) {
      volatile float product = weights[i] * rows[i][j];
      sum = i == 0 ? product : sum + product;
    }
    ASSERT_EQ(out[j], sum);
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, KernelSet, testing::ValuesIn(all_kernels()),
                         [](const auto& param) { return identifier(param.param->name); });

// So ranks of a sweep may have either.
TEST(Kernels, OfAvx2AndAvx512HaveTheSameBits) {
  if (processor_instruction_set() < InstructionSet::avx512) GTEST_SKIP() << "this processor has no AVX-512";
  const Kernels &narrow = kernels_for(InstructionSet::avx2), &wide = kernels_for(InstructionSet::avx512);
  ASSERT_NE(&narrow, &wide);
  for (const int n : lengths) {
    const auto x = random_floats(n, n, 3), gain = random_floats(n, n + 1);
    std::vector<float> a(n), b(n);
    narrow.rms_norm(x.data(), gain.data(), 1e-6f, n, a.data(), nullptr);
    wide.rms_norm(x.data(), gain.data(), 1e-6f, n, b.data(), nullptr);
    EXPECT_EQ(a, b) << "rms_norm of " << n;
    narrow.gated_gelu(x.data(), gain.data(), n, a.data(), nullptr);
    wide.gated_gelu(x.data(), gain.data(), n, b.data(), nullptr);
    EXPECT_EQ(a, b) << "gated_gelu of " << n;
    narrow.gated_silu(x.data(), gain.data(), n, a.data(), nullptr);
    wide.gated_silu(x.data(), gain.data(), n, b.data(), nullptr);
    EXPECT_EQ(a, b) << "gated_silu of " << n;
    a = b = x;
    narrow.softmax(a.data(), gain.data(), n, n);
    wide.softmax(b.data(), gain.data(), n, n);
    EXPECT_EQ(a, b) << "softmax of " << n;
    float most = 0;
    EXPECT_EQ(narrow.sum_exp(x.data(), n, &most), wide.sum_exp(x.data(), n, &most)) << n;
    for (const int m : {1, 7}) {
      const int inner = 40;
      const auto left = random_floats(static_cast<std::size_t>(m) * inner, 5),
                 right = random_floats(static_cast<std::size_t>(inner) * n, 6);
      std::vector<float> y(static_cast<std::size_t>(m) * n), z = y;
      narrow.multiply(y.data(), n, left.data(), inner, right.data(), n, m, inner, n, false);
      wide.multiply(z.data(), n, left.data(), inner, right.data(), n, m, inner, n, false);
      EXPECT_EQ(y, z) << "multiply " << m << " x " << inner << " x " << n;
      const auto cache = random_floats(static_cast<std::size_t>(m) * 2 * n, 7);
      std::vector<float> scores(m);
      narrow.attend(x.data(), cache.data(), cache.data() + n, 2 * n, nullptr, m, n, scores.data(), a.data());
      wide.attend(x.data(), cache.data(), cache.data() + n, 2 * n, nullptr, m, n, scores.data(), b.data());
      EXPECT_EQ(a, b) << "attend over " << m << " of width " << n;
    }
  }
}

}  // namespace
}  // namespace lorasweep
