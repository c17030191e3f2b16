// SPDX-License-Identifier: Apache-2.0
// The CPU's ops against plain loops in double, and the same bits in every company.
#include "workers/cpu/cpu_ops.h"

#include "data/tensor/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace lorasweep {
namespace {

struct Matrix {
  Matrix(std::int64_t r, std::int64_t c, unsigned seed, float scale = 1)
      : rows(r), cols(c), values(static_cast<std::size_t>(r * c)) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, scale);
    for (float& value : values) value = normal(random);
  }
  float at(std::int64_t r, std::int64_t c) const { return values[static_cast<std::size_t>(r * cols + c)]; }
  View view() { return {values.data(), Element::f32, rows, cols, cols}; }
  std::int64_t rows, cols;
  std::vector<float> values;
};

struct PackedMap {
  PackedMap(CpuOps& ops, const Matrix& weight)
      : memory(ops.allocate(ops.packed_bytes(static_cast<int>(weight.cols), static_cast<int>(weight.rows)))) {
    ops.pack(memory.get(), weight.values.data(), static_cast<int>(weight.cols), static_cast<int>(weight.rows));
    projection = {memory.get(), static_cast<int>(weight.cols), static_cast<int>(weight.rows)};
  }
  std::shared_ptr<std::byte> memory;
  Projection projection;
};

// The nearest value of the element.
float rounded(float value, Element element) {
  if (element == Element::f32) return value;
  std::uint16_t narrow = 0;
  portable_kernels().narrow(&value, 1, &narrow);
  portable_kernels().widen(&narrow, 1, &value);
  return value;
}

// Writes values that the element has into device memory.
void put(View to, const Matrix& from) {
  if (to.element == Element::f32)
    std::copy(from.values.begin(), from.values.end(), to.f32());
  else
    portable_kernels().narrow(from.values.data(), static_cast<std::int64_t>(from.values.size()), to.bf16());
}

Sequences packed(const std::vector<int>& lengths) {
  Sequences sequences;
  for (const int length : lengths) sequences.offsets.push_back(sequences.rows() + length);
  return sequences;
}

class Linear : public testing::TestWithParam<Element> {};

TEST_P(Linear, IsXTimesTransposedWAndARowHasTheSameBitsInEveryBatchAndOnAnyNumberOfThreads) {
  const Element element = GetParam();
  CpuOps ops({.activation = element}), three({.activation = element, .threads = 3});
  // Larger than every block of every product that may be behind it.
  for (const auto& [in, out, rows] :
       {std::tuple{96, 192, 200}, {64, 96, 7}, {100, 30, 50}, {1024, 128, 700}, {1300, 1040, 40}, {3, 1, 5}}) {
    Matrix weight(out, in, 1), x(rows, in, 2), y(rows, out, 3), alone(1, out, 3);
    const auto input = ops.allocate(static_cast<std::size_t>(rows) * in * 4);
    View xs{input.get(), element, rows, in, in};
    for (float& value : x.values) value = rounded(value, element);
    for (float& value : weight.values) value = rounded(value, element);
    put(xs, x);
    PackedMap map(ops, weight);
    const Matrix start = y;
    Matrix threaded = y;
    ops.linear(y.view(), xs, map.projection, Accumulate::yes);
    three.linear(threaded.view(), xs, map.projection, Accumulate::yes);
    ASSERT_EQ(y.values, threaded.values) << in << "x" << out;
    for (const std::int64_t r : {0, 1, rows / 2, rows - 1}) {
      std::copy_n(start.values.begin() + r * out, out, alone.values.begin());
      ops.linear(alone.view(), xs.row_range(r, 1), map.projection, Accumulate::yes);
      for (int o = 0; o < out; ++o) {
        double expected = start.at(r, o), size = std::abs(expected);
        for (int i = 0; i < in; ++i) {
          expected += static_cast<double>(x.at(r, i)) * weight.at(o, i);
          size += std::abs(static_cast<double>(x.at(r, i)) * weight.at(o, i));
        }
        ASSERT_NEAR(y.at(r, o), expected, 1e-6 * size);
        ASSERT_EQ(y.at(r, o), alone.at(0, o)) << in << "x" << out << " row " << r;
      }
    }
    ops.linear(threaded.view(), xs, map.projection, Accumulate::no);
    for (std::size_t i = 0; i < y.values.size(); ++i)
      ASSERT_NEAR(threaded.values[i], y.values[i] - start.values[i], 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(BothElements, Linear, testing::Values(Element::f32, Element::bf16),
                         [](const auto& param) { return param.param == Element::f32 ? "f32" : "bf16"; });

TEST(CpuOps, SelfAttentionFollowsItsDefinitionWithBiasAndMask) {
  CpuOps ops;
  const int heads = 3, width = 8, inner = heads * width, reach = 40;
  const Sequences sequences = packed({1, 5, 33, 12});
  Matrix qkv(sequences.rows(), 3 * inner, 1), out(sequences.rows(), inner, 2), table(heads, 2 * reach + 1, 3);
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const View v = qkv.view();
    ops.attention(out.view(), v.columns(0, inner), v.columns(inner, inner), v.columns(2 * inner, inner), sequences,
                  heads, {table.view(), reach}, mask);
    for (int s = 0; s < sequences.count(); ++s)
      for (int i = 0; i < sequences.length(s); ++i)
        for (int h = 0; h < heads; ++h) {
          const Index visible = mask == Mask::causal ? i + 1 : sequences.length(s);
          std::vector<double> p(visible);
          double most = -INFINITY, sum = 0;
          for (int j = 0; j < visible; ++j) {
            p[j] = table.at(h, j - i + reach);
            for (int c = 0; c < width; ++c)
              p[j] += static_cast<double>(qkv.at(sequences.begin(s) + i, h * width + c)) *
                      qkv.at(sequences.begin(s) + j, inner + h * width + c);
            most = std::max(most, p[j]);
          }
          for (double& value : p) sum += value = std::exp(value - most);
          for (int c = 0; c < width; ++c) {
            double expected = 0;
            for (int j = 0; j < visible; ++j)
              expected += p[j] / sum * qkv.at(sequences.begin(s) + j, 2 * inner + h * width + c);
            ASSERT_NEAR(out.at(sequences.begin(s) + i, h * width + c), expected, 2e-5);
          }
        }
  }
}

TEST(CpuOps, DecodingStepByStepIsTheCausalAttentionOfTheWholeSequence) {
  CpuOps ops;
  const int heads = 2, width = 16, inner = heads * width, reach = 30, length = 21, slots = 3;
  Matrix qkv(slots * length, 3 * inner, 1), whole(slots * length, inner, 2), table(heads, 2 * reach + 1, 3);
  const View v = qkv.view();
  ops.attention(whole.view(), v.columns(0, inner), v.columns(inner, inner), v.columns(2 * inner, inner),
                packed({length, length, length}), heads, {table.view(), reach}, Mask::causal);
  Matrix cache_rows(slots * 32, 2 * inner, 4);
  const DecoderCache cache{cache_rows.view(), 32};
  for (int position = 0; position < length; ++position) {
    Matrix rows(slots, 3 * inner, 5), out(slots, inner, 6);
    std::vector<Index> order = {2, 0, 1}, positions(slots, position);  // slots need not come in order
    for (int i = 0; i < slots; ++i)
      std::copy_n(qkv.values.begin() + (order[i] * length + position) * 3 * inner, 3 * inner,
                  rows.values.begin() + i * 3 * inner);
    ops.cached_attention(out.view(), rows.view(), cache, order, positions, heads, {table.view(), reach});
    for (int i = 0; i < slots; ++i)
      for (int c = 0; c < inner; ++c) ASSERT_NEAR(out.at(i, c), whole.at(order[i] * length + position, c), 1e-5);
  }
}

TEST(CpuOps, AbsorbedCrossAttentionIsOrdinaryCrossAttentionWithTheBypassAddedToKeysAndValues) {
  CpuOps ops;
  const int heads = 4, width = 8, inner = heads * width, d = 24, rank = 3;
  const Sequences sources = packed({7, 1, 20}), targets = packed({3, 1, 5, 2});
  const std::vector<Index> source_of = {2, 0, 1, 2};
  Matrix states(sources.rows(), d, 1), q(targets.rows(), inner, 2), wk(inner, d, 3), wv(inner, d, 4),
      out(targets.rows(), inner, 5);
  Matrix ak(rank, d, 6, 0.3f), bk(inner, rank, 7, 0.3f), av(rank, d, 8, 0.3f), bv(inner, rank, 9, 0.3f);
  // the bypass changes two of four targets
  const std::int64_t row_begin = targets.begin(1), row_end = targets.begin(3);

  CrossProjections weights;
  std::vector<PackedMap> maps;
  for (int h = 0; h < heads; ++h) {
    Matrix key(d, width, 0), value(width, d, 0);
    for (int c = 0; c < width; ++c)
      for (int i = 0; i < d; ++i) {
        key.values[i * width + c] = wk.at(h * width + c, i);
        value.values[c * d + i] = wv.at(h * width + c, i);
      }
    weights.key_transposed.push_back(maps.emplace_back(ops, key).projection);
    weights.value.push_back(maps.emplace_back(ops, value).projection);
  }
  const auto transposed = [](const Matrix& m, std::int64_t padded) {
    Matrix t(m.cols, padded, 0, 0);
    for (std::int64_t r = 0; r < m.rows; ++r)
      for (std::int64_t c = 0; c < m.cols; ++c) t.values[c * padded + r] = m.at(r, c);
    return t;
  };
  Matrix akt = transposed(ak, 16), avt = transposed(av, 16), bkt = transposed(bk, inner), bvt = transposed(bv, inner);
  const auto block = [&](Matrix& a, Matrix& b) {
    return LoraBlock{row_begin, row_end, {{a.view(), {{0, inner, 0, rank, b.view()}}}}};
  };
  const std::vector<LoraBlock> key_lora = {block(akt, bkt)}, value_lora = {block(avt, bvt)};
  ops.cross_attention(out.view(), q.view(), states.view(), targets, sources, source_of, weights, key_lora, value_lora);

  const auto changed = [&](const Matrix& w, const Matrix& a, const Matrix& b, int o, int i, bool on) {
    double value = w.at(o, i);
    for (int r = 0; on && r < rank; ++r) value += static_cast<double>(b.at(o, r)) * a.at(r, i);
    return value;
  };
  for (int s = 0; s < targets.count(); ++s)
    for (Index row = targets.begin(s); row < targets.begin(s) + targets.length(s); ++row)
      for (int h = 0; h < heads; ++h) {
        const bool on = row >= row_begin && row < row_end;
        const Index first = sources.begin(source_of[s]), length = sources.length(source_of[s]);
        std::vector<double> p(length), c(width, 0.0);
        double most = -INFINITY, sum = 0;
        for (int j = 0; j < length; ++j) {
          p[j] = 0;
          for (int o = 0; o < width; ++o) {
            double key = 0;
            for (int i = 0; i < d; ++i) key += changed(wk, ak, bk, h * width + o, i, on) * states.at(first + j, i);
            p[j] += q.at(row, h * width + o) * key;
          }
          most = std::max(most, p[j]);
        }
        for (double& value : p) sum += value = std::exp(value - most);
        for (int o = 0; o < width; ++o) {
          for (int j = 0; j < length; ++j) {
            double value = 0;
            for (int i = 0; i < d; ++i) value += changed(wv, av, bv, h * width + o, i, on) * states.at(first + j, i);
            c[o] += p[j] / sum * value;
          }
          ASSERT_NEAR(out.at(row, h * width + o), c[o], 2e-4 * (1 + std::abs(c[o]))) << "row " << row << " head " << h;
        }
      }
}

TEST(CpuOps, LossesAndChoicesComeFromTheSameLogits) {
  CpuOps ops;
  const int d = 48, vocabulary = 500, rows = 150;
  Matrix head(vocabulary, d, 1), x(rows, d, 2);
  PackedMap map(ops, head);
  std::vector<std::int32_t> labels(rows), choices(rows);
  for (int r = 0; r < rows; ++r) labels[r] = (r * 37) % vocabulary;
  std::vector<double> nll(rows);
  ops.target_nll({nll.data(), Element::f64, rows, 1, 1}, x.view(), map.projection,
                 {labels.data(), Element::i32, rows, 1, 1});
  ops.argmax({choices.data(), Element::i32, rows, 1, 1}, x.view(), map.projection);
  for (int r = 0; r < rows; ++r) {
    std::vector<double> logits(vocabulary, 0.0);
    for (int v = 0; v < vocabulary; ++v)
      for (int i = 0; i < d; ++i) logits[v] += static_cast<double>(x.at(r, i)) * head.at(v, i);
    const double most = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit - most);
    ASSERT_NEAR(nll[r], std::log(sum) + most - logits[labels[r]], 1e-4);
    ASSERT_NEAR(logits[choices[r]], most, 1e-4);
  }
}

}  // namespace
}  // namespace lorasweep
