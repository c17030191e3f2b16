// SPDX-License-Identifier: Apache-2.0
// Products and operations on rows, on every device, against loops in f64.
#include "tests/workers/ops/ops_test.h"

namespace lorasweep {
namespace {

class Rows : public OpsTest {};

// Cheaper than a normal distribution, for matrices of millions.
Matrix noise(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
  Matrix matrix(rows, cols);
  std::uint32_t bits = seed * 2654435761u;
  for (float& value : matrix.values) {
    bits = bits * 1664525u + 1013904223u;
    value = static_cast<float>(bits >> 8) * (1.0f / 8388608.0f) - 1.0f;
  }
  return matrix;
}

TEST_P(Rows, LinearIsXTimesTransposedWWithAndWithoutTheSumBefore) {
  for (const auto& [in, out] : {std::pair{96, 192}, {64, 96}, {100, 30}, {7, 5}, {1024, 128}})
    for (const std::int64_t rows : {1, 7, 64, 131}) {
      const Matrix weight = as_activation(Matrix(out, in, 1)), x = as_activation(Matrix(rows, in, 2)),
                   before(rows, out, 3);
      const Projection map = pack(weight);
      const View input = put(x, activation()), fresh = put(before), sum = put(before);
      ops->linear(fresh, input, map, Accumulate::no);
      ops->linear(sum, input, map, Accumulate::yes);
      const Matrix got_fresh = get(fresh), got_sum = get(sum);
      for (std::int64_t r = 0; r < rows; ++r)
        for (int o = 0; o < out; ++o) {
          double expected = 0, size = std::abs(before.d(r, o));
          for (int i = 0; i < in; ++i) {
            expected += x.d(r, i) * weight.d(o, i);
            size += std::abs(x.d(r, i) * weight.d(o, i));
          }
          ASSERT_NEAR(got_fresh.at(r, o), expected, 1e-6 * size) << in << "x" << out << " row " << r << " of " << rows;
          ASSERT_NEAR(got_sum.at(r, o), expected + before.at(r, o), 1e-6 * size)
              << in << "x" << out << " row " << r << " of " << rows;
        }
    }
}

TEST_P(Rows, ARowOfAProductHasTheSameBitsInEveryBatch) {
  for (const auto& [in, out] : {std::pair{96, 192}, {100, 30}, {512, 64}}) {
    const Projection map = pack(Matrix(out, in, 1));
    const View x = put(Matrix(300, in, 2), activation()), y = empty(Element::f32, 300, out);
    ops->linear(y, x, map, Accumulate::no);
    const Matrix together = get(y);
    for (const auto& [first, count] : {std::pair{0, 1}, {63, 1}, {64, 17}, {299, 1}, {100, 128}}) {
      const View part = empty(Element::f32, count, out);
      ops->linear(part, x.row_range(first, count), map, Accumulate::no);
      const Matrix alone = get(part);
      for (std::int64_t r = 0; r < count; ++r)
        for (int o = 0; o < out; ++o)
          ASSERT_EQ(alone.at(r, o), together.at(first + r, o)) << in << "x" << out << " row " << first + r;
    }
  }
}

// flan-t5-large's maps. A CUDA device takes as many rows as an evaluation has and every number of them in
// tests/workers/cuda; here are those that meet the tiles of every engine.
TEST_P(Rows, ARowOfAProductHasTheSameBitsInEveryBatchAtTheModelsShapes) {
#ifdef LORASWEEP_CUDA_ON_HOST
  const std::vector<int> counts = {1};  // plain loops
  const int all = 2;
#else
  const bool cuda = GetParam().kind == DeviceKind::cuda;
  const std::vector<int> counts = {1, 2, 5, 6, 7, 13, 31, 32, 33, 40};
  const int all = cuda ? 14730 : 47;
#endif
  for (const auto& [in, out] : {std::pair{1024, 5632}, {2816, 1024}, {1024, 32128}}) {
    const Projection map = pack(noise(out, in, 1));
    const View x = put(noise(all, in, 2), activation()), y = empty(Element::f32, all, out);
    ops->linear(y, x, map, Accumulate::no);
    for (const int count : counts) {
      const int first = count * 37 % (all - count + 1);
      const View part = empty(Element::f32, count, out);
      ops->linear(part, x.row_range(first, count), map, Accumulate::no);
      const Matrix alone = get(part), together = get(y.row_range(first, count));
      for (std::int64_t r = 0; r < count; ++r)
        ASSERT_EQ(std::memcmp(&alone.values[static_cast<std::size_t>(r * out)],
                              &together.values[static_cast<std::size_t>(r * out)],
                              static_cast<std::size_t>(out) * sizeof(float)),
                  0)
            << in << "x" << out << " row " << first + r << " of " << count;
    }
    memory.clear();
    images.clear();
  }
}

TEST_P(Rows, EmbeddingCopiesTheRowsOfTheIds) {
  for (const int d : {64, 30, 1}) {
    const Matrix table(50, d, 1);
    const std::vector<std::int32_t> ids = {49, 0, 7, 7, 12};
    const View out = empty(Element::f32, 5, d);
    ops->embed(out, put(table), put(Element::i32, ids));
    const Matrix got = get(out);
    for (std::size_t r = 0; r < ids.size(); ++r)
      for (int c = 0; c < d; ++c) ASSERT_EQ(got.at(static_cast<std::int64_t>(r), c), table.at(ids[r], c));
  }
}

TEST_P(Rows, EmbeddingWidensTheRowsOfATableInBf16) {
  if (GetParam().kind == DeviceKind::cpu) GTEST_SKIP() << "tables are f32 on CPU cores";
  for (const int d : {64, 30, 1}) {
    const Matrix table(50, d, 1);
    const std::vector<std::int32_t> ids = {49, 0, 7, 7, 12};
    const View out = empty(Element::f32, 5, d);
    ops->embed(out, put(table, Element::bf16), put(Element::i32, ids));
    const Matrix got = get(out);
    for (std::size_t r = 0; r < ids.size(); ++r)
      for (int c = 0; c < d; ++c)
        ASSERT_EQ(got.at(static_cast<std::int64_t>(r), c), round_to_bf16(table.at(ids[r], c)));
  }
}

TEST_P(Rows, RmsNormDividesByTheRootOfTheMeanSquareAndScalesByTheGain) {
  for (const int d : {64, 1024, 1000, 37, 1}) {
    const Matrix x(9, d, 1, 3), gain(1, d, 2);
    for (const Element element : {Element::f32, activation()}) {
      const View out = empty(element, 9, d);
      ops->rms_norm(out, put(x), put(gain), 1e-6);
      const Matrix got = get(out);
      for (int r = 0; r < 9; ++r) {
        double squares = 0;
        for (int c = 0; c < d; ++c) squares += x.d(r, c) * x.d(r, c);
        for (int c = 0; c < d; ++c)
          expect_near(got.at(r, c), x.d(r, c) / std::sqrt(squares / d + 1e-6) * gain.d(0, c),
                      element == Element::f32 ? 1e-6 : 4e-3, "rms_norm");
      }
    }
  }
}

TEST_P(Rows, ActivationsFollowTheirDefinitions) {
  for (const int width : {64, 30, 7}) {
    const Matrix x(11, 2 * width, 1, 4);
    const View gated = empty(activation(), 11, width), rectified = empty(activation(), 11, 2 * width), in = put(x);
    const View by_silu = empty(activation(), 11, width);
    ops->activate(gated, in, Activation::gated_gelu);
    ops->activate(by_silu, in, Activation::gated_silu);
    ops->activate(rectified, in, Activation::relu);
    const Matrix got_gated = get(gated), got_silu = get(by_silu), got_rectified = get(rectified);
    const double tolerance = bf16() ? 4e-3 : 1e-6;
    for (int r = 0; r < 11; ++r) {
      for (int c = 0; c < width; ++c) {
        const double g = x.d(r, c), gelu = 0.5 * g * (1 + std::tanh(std::sqrt(2 / M_PI) * (g + 0.044715 * g * g * g)));
        expect_near(got_gated.at(r, c), gelu * x.d(r, width + c), tolerance, "gated_gelu");
        expect_near(got_silu.at(r, c), g / (1 + std::exp(-g)) * x.d(r, width + c), tolerance, "gated_silu");
      }
      for (int c = 0; c < 2 * width; ++c)
        expect_near(got_rectified.at(r, c), std::max(0.0, x.d(r, c)), tolerance, "relu");
    }
  }
}

TEST_P(Rows, ScaledCopiesMayBeStridedOnBothSides) {
  const Matrix source(6, 40, 1), target(6, 50, 2);
  const View in = put(source), out = put(target);
  ops->scale_copy(out.columns(3, 20), in.columns(5, 20), -0.5f);
  ops->scale_copy(out.columns(24, 16), in.columns(8, 16), 2.0f);
  const Matrix got = get(out);
  for (int r = 0; r < 6; ++r)
    for (int c = 0; c < 50; ++c) {
      float expected = target.at(r, c);
      if (c >= 3 && c < 23) expected = -0.5f * source.at(r, c - 3 + 5);
      if (c >= 24 && c < 40) expected = 2.0f * source.at(r, c - 24 + 8);
      ASSERT_EQ(got.at(r, c), expected);
    }
}

TEST_P(Rows, LossesAndChoicesComeFromTheSameLogits) {
  for (const auto& [d, vocabulary, rows] : {std::tuple{48, 500, 300}, {64, 1000, 3}, {20, 33, 1}}) {
    const Matrix head = as_activation(Matrix(vocabulary, d, 1, 0.3f)), x = as_activation(Matrix(rows, d, 2));
    const Projection map = pack(head);
    std::vector<std::int32_t> labels;
    for (int r = 0; r < rows; ++r) labels.push_back(r * 37 % vocabulary);
    const View nll = empty(Element::f64, rows, 1), choices = empty(Element::i32, rows, 1), in = put(x, activation());
    ops->target_nll(nll, in, map, put(Element::i32, labels));
    ops->argmax(choices, in, map);
    const auto got_nll = get_vector<double>(nll);
    const auto got_choices = get_vector<std::int32_t>(choices);
    for (int r = 0; r < rows; ++r) {
      std::vector<double> logits(static_cast<std::size_t>(vocabulary), 0.0);
      for (int v = 0; v < vocabulary; ++v)
        for (int i = 0; i < d; ++i) logits[v] += x.d(r, i) * head.d(v, i);
      const double most = *std::ranges::max_element(logits);
      double sum = 0;
      for (const double logit : logits) sum += std::exp(logit - most);
      ASSERT_NEAR(got_nll[r], std::log(sum) + most - logits[labels[r]], 1e-5 * (1 + std::abs(most)));
      ASSERT_NEAR(logits[got_choices[r]], most, 1e-5 * (1 + std::abs(most)));
    }
  }
}

TEST_P(Rows, TheLowestIdWinsATie) {
  Matrix head(700, 8);
  for (const int v : {699, 300, 257, 44})
    for (int i = 0; i < 8; ++i) head.at(v, i) = 1;
  Matrix x(1, 8);
  std::ranges::fill(x.values, 1.0f);
  const View choice = empty(Element::i32, 1, 1);
  ops->argmax(choice, put(x, activation()), pack(head));
  EXPECT_EQ(get_vector<std::int32_t>(choice)[0], 44);
}

INSTANTIATE_FOR_ALL_DEVICES(Rows);

}  // namespace
}  // namespace lorasweep
