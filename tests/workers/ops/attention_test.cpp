// SPDX-License-Identifier: Apache-2.0
// Self-attention on every device, against its definition in f64.
#include "tests/workers/ops/ops_test.h"

namespace lorasweep {
namespace {

class Attention : public OpsTest {
 protected:
  // T5 does not scale scores: inputs this small keep them around 1, where bf16 inputs still tell keys apart.
  static float input_scale(int width) { return 1 / std::sqrt(std::sqrt(static_cast<float>(width))); }
  double tolerance() const { return bf16() ? 3e-2 : 1e-5; }

  void expect_definition(const Matrix& got, const Matrix& qkv, const Matrix& table, const Sequences& sequences,
                         int heads, int reach, Mask mask, bool with_bias) {
    const std::int64_t inner = qkv.cols / 3, width = inner / heads;
    for (int s = 0; s < sequences.count(); ++s)
      for (int i = 0; i < sequences.length(s); ++i)
        for (int h = 0; h < heads; ++h) {
          const Index visible = mask == Mask::causal ? i + 1 : sequences.length(s);
          std::vector<double> p(static_cast<std::size_t>(visible));
          double most = -INFINITY, sum = 0;
          for (int j = 0; j < visible; ++j) {
            p[j] = with_bias ? table.d(h, j - i + reach) : 0;
            for (int c = 0; c < width; ++c)
              p[j] +=
                  qkv.d(sequences.begin(s) + i, h * width + c) * qkv.d(sequences.begin(s) + j, inner + h * width + c);
            most = std::max(most, p[j]);
          }
          for (double& value : p) sum += value = std::exp(value - most);
          for (int c = 0; c < width; ++c) {
            double expected = 0;
            for (int j = 0; j < visible; ++j)
              expected += p[j] / sum * qkv.d(sequences.begin(s) + j, 2 * inner + h * width + c);
            expect_near(got.at(sequences.begin(s) + i, h * width + c), expected, tolerance(),
                        "sequence " + std::to_string(s) + " row " + std::to_string(i) + " head " + std::to_string(h) +
                            " width " + std::to_string(width));
          }
        }
  }
  View attend(View qkv, const Sequences& sequences, int heads, const RelativeBiasTable& bias, Mask mask) {
    const std::int64_t inner = qkv.cols / 3;
    const View out = empty(activation(), qkv.rows, inner);
    ops->attention(out, qkv.columns(0, inner), qkv.columns(inner, inner), qkv.columns(2 * inner, inner), sequences,
                   heads, bias, mask);
    return out;
  }
};

TEST_P(Attention, FollowsItsDefinitionForEveryWidthAndLength) {
  for (const int width : {8, 15, 16, 24, 64, 100, 128, 144}) {
    const int heads = width > 64 ? 1 : 2, reach = 310;
    const Sequences sequences =
        packed(width == 64 ? std::vector<Index>{1, 15, 64, 65, 300} : std::vector<Index>{3, 1, 70});
    const Matrix qkv(sequences.rows(), 3 * heads * width, 1, input_scale(width)), table(heads, 2 * reach + 1, 3);
    const RelativeBiasTable bias{put(table), reach};
    for (const Mask mask : {Mask::none, Mask::causal})
      expect_definition(get(attend(put(qkv), sequences, heads, bias, mask)), qkv, table, sequences, heads, reach, mask,
                        true);
    expect_definition(get(attend(put(qkv), sequences, heads, {}, Mask::none)), qkv, table, sequences, heads, reach,
                      Mask::none, false);
  }
}

TEST_P(Attention, SurvivesScoresThatAreFarApart) {
  const Sequences sequences = packed({70});
  Matrix qkv(70, 3 * 16, 1, 6);  // scores around +-150
  if (bf16()) qkv = as_activation(qkv);
  const Matrix table(1, 141, 2);
  const Matrix got = get(attend(put(qkv), sequences, 1, {put(table), 70}, Mask::causal));
  if (bf16())
    for (const float value : got.values) ASSERT_TRUE(std::isfinite(value));
  else
    for (int c = 0; c < 16; ++c) ASSERT_NEAR(got.at(0, c), qkv.at(0, 32 + c), 1e-5);
}

TEST_P(Attention, ASequenceHasTheSameBitsInEveryBatch) {
  const int heads = 2, width = 16, reach = 300;
  const std::vector<Index> lengths = {5, 130, 64, 1, 77};
  const Sequences sequences = packed(lengths);
  const View qkv = put(Matrix(sequences.rows(), 3 * heads * width, 1, 0.5f));
  const RelativeBiasTable bias{put(Matrix(heads, 2 * reach + 1, 2)), reach};
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const Matrix together = get(attend(qkv, sequences, heads, bias, mask));
    for (int s = 0; s < sequences.count(); ++s) {
      const Matrix alone =
          get(attend(qkv.row_range(sequences.begin(s), sequences.length(s)), packed({lengths[s]}), heads, bias, mask));
      for (int i = 0; i < lengths[s]; ++i)
        for (int c = 0; c < heads * width; ++c)
          ASSERT_EQ(alone.at(i, c), together.at(sequences.begin(s) + i, c)) << "sequence " << s;
    }
  }
}

TEST_P(Attention, DecodingStepByStepIsTheCausalAttentionOfTheWholeSequence) {
  for (const auto& [width, biased] : {std::pair{16, true}, {24, true}, {24, false}, {64, true}, {144, true}}) {
    const int heads = 2, inner = heads * width, reach = 60, length = 41, slots = 3, capacity = 48;
    const Sequences sequences = packed({length, length, length});
    const Matrix qkv(slots * length, 3 * inner, 1, input_scale(width));
    const Matrix table = biased ? Matrix(heads, 2 * reach + 1, 3) : Matrix(heads, 2 * reach + 1);
    const DecoderCache cache{put(Matrix(slots * capacity, 2 * inner, 4)), capacity};
    const RelativeBiasTable bias = biased ? RelativeBiasTable{put(table), reach} : RelativeBiasTable{};
    Matrix got(slots * length, inner);
    for (int position = 0; position < length; ++position) {
      const std::vector<Index> order = {2, 0, 1}, positions(slots, position);  // slots need not come in order
      Matrix rows(slots, 3 * inner);
      for (int i = 0; i < slots; ++i)
        std::copy_n(qkv.values.begin() + (order[i] * length + position) * 3 * inner, 3 * inner,
                    rows.values.begin() + i * 3 * inner);
      const View out = empty(activation(), slots, inner);
      ops->cached_attention(out, put(rows), cache, order, positions, heads, bias);
      const Matrix step = get(out);
      for (int i = 0; i < slots; ++i)
        for (int c = 0; c < inner; ++c) got.at(order[i] * length + position, c) = step.at(i, c);
    }
    expect_definition(got, qkv, table, sequences, heads, reach, Mask::causal, true);
  }
}

INSTANTIATE_FOR_ALL_DEVICES(Attention);

}  // namespace
}  // namespace lorasweep
