// SPDX-License-Identifier: Apache-2.0
// Absorbed cross-attention on every device, against ordinary cross-attention in f64.
#include "tests/workers/ops/ops_test.h"

namespace lorasweep {
namespace {

struct CrossCase {
  int heads, width, d, key_rank, value_rank;
  std::vector<Index> sources, targets;
  std::vector<Index> source_of;
  float scale = 0.25f;
  bool in_place = false;  ///< the bypass as adapters of a library, of a rank each, or of two
};

class CrossAttention : public OpsTest {
 protected:
  Matrix transposed(const Matrix& m, std::int64_t columns) {
    Matrix t(m.cols, columns);
    for (std::int64_t r = 0; r < m.rows; ++r)
      for (std::int64_t c = 0; c < m.cols; ++c) t.at(c, r) = m.at(r, c);
    return t;
  }
  // One adapter for every two ranks; half of each is in its factors, half in its weight.
  std::vector<Weighted> split(const Matrix& a, const Matrix& b) {
    std::vector<Weighted> adapters;
    for (std::int64_t first = 0; first < b.rows; first += 2) {
      const std::int64_t rank = std::min<std::int64_t>(2, b.rows - first);
      Matrix own_a(a.rows, 16), own_b(rank, b.cols);
      for (std::int64_t r = 0; r < rank; ++r) {
        for (std::int64_t i = 0; i < a.rows; ++i) own_a.at(i, r) = a.at(i, first + r);
        for (std::int64_t o = 0; o < b.cols; ++o) own_b.at(r, o) = b.at(first + r, o) / 2;
      }
      adapters.push_back({own_a, own_b, 2});
    }
    return adapters;
  }
  void compare(const CrossCase& c);
};

void CrossAttention::compare(const CrossCase& c) {
  const int inner = c.heads * c.width;
  const Sequences sources = packed(c.sources), targets = packed(c.targets);
  const Matrix states = as_activation(Matrix(sources.rows(), c.d, 1)), q(targets.rows(), inner, 2, c.scale);
  const Matrix wk = as_activation(Matrix(inner, c.d, 3, c.scale)), wv = as_activation(Matrix(inner, c.d, 4, c.scale));
  const Matrix ak(c.key_rank, c.d, 6, c.scale), bk(inner, c.key_rank, 7, c.scale), av(c.value_rank, c.d, 8, c.scale),
      bv(inner, c.value_rank, 9, c.scale);
  // Two blocks; the rows of the first and the last target are not changed.
  const Index begin = targets.begin(1), middle = targets.begin(2), end = targets.begin(targets.count() - 1);

  CrossProjections weights;
  for (int h = 0; h < c.heads; ++h) {
    Matrix key(c.d, c.width), value(c.width, c.d);
    for (int o = 0; o < c.width; ++o)
      for (int i = 0; i < c.d; ++i) {
        key.at(i, o) = wk.at(h * c.width + o, i);
        value.at(o, i) = wv.at(h * c.width + o, i);
      }
    weights.key_transposed.push_back(pack(key));
    weights.value.push_back(pack(value));
  }
  const auto blocks = [&](const Matrix& a, const Matrix& b) {
    std::vector<LoraBlock> made;
    if (a.rows == 0) return made;
    if (c.in_place) {
      for (const auto& [first, last] : {std::pair{begin, middle}, {middle, middle}, {middle, end}})
        made.push_back(in_place(first, last, split(transposed(a, a.rows), transposed(b, inner))));
      return made;
    }
    const View a_view = put(transposed(a, (a.rows + 15) / 16 * 16)), b_view = put(transposed(b, inner));
    for (const auto& [first, last] : {std::pair{begin, middle}, {middle, middle}, {middle, end}})
      made.push_back({first, last, {{a_view, {{0, inner, 0, a.rows, b_view}}}}});
    return made;
  };
  const View out = empty(activation(), targets.rows(), inner);
  ops->cross_attention(out, put(q), put(states, activation()), targets, sources, c.source_of, weights, blocks(ak, bk),
                       blocks(av, bv));
  const Matrix got = get(out);

  const auto changed = [&](const Matrix& w, const Matrix& a, const Matrix& b, int o, int i, bool on) {
    double value = w.d(o, i);
    for (int r = 0; on && r < a.rows; ++r) value += b.d(o, r) * a.d(r, i);
    return value;
  };
  for (const bool on : {false, true}) {
    // keys and values of every source row, as ordinary cross-attention forms them
    std::vector<double> keys(static_cast<std::size_t>(sources.rows()) * inner), values = keys;
    for (int o = 0; o < inner; ++o) {
      std::vector<double> k(static_cast<std::size_t>(c.d)), v(static_cast<std::size_t>(c.d));
      for (int i = 0; i < c.d; ++i) k[i] = changed(wk, ak, bk, o, i, on), v[i] = changed(wv, av, bv, o, i, on);
      for (int j = 0; j < sources.rows(); ++j)
        for (int i = 0; i < c.d; ++i) {
          keys[static_cast<std::size_t>(j) * inner + o] += k[i] * states.d(j, i);
          values[static_cast<std::size_t>(j) * inner + o] += v[i] * states.d(j, i);
        }
    }
    for (int s = 0; s < targets.count(); ++s)
      for (Index row = targets.begin(s); row < targets.begin(s) + targets.length(s); ++row) {
        if ((row >= begin && row < end) != on) continue;
        const Index first = sources.begin(c.source_of[s]), length = sources.length(c.source_of[s]);
        for (int h = 0; h < c.heads; ++h) {
          std::vector<double> p(static_cast<std::size_t>(length));
          double most = -INFINITY, sum = 0;
          for (int j = 0; j < length; ++j) {
            for (int o = 0; o < c.width; ++o)
              p[j] += q.d(row, h * c.width + o) * keys[static_cast<std::size_t>(first + j) * inner + h * c.width + o];
            most = std::max(most, p[j]);
          }
          for (double& value : p) sum += value = std::exp(value - most);
          for (int o = 0; o < c.width; ++o) {
            double expected = 0;
            for (int j = 0; j < length; ++j)
              expected += p[j] / sum * values[static_cast<std::size_t>(first + j) * inner + h * c.width + o];
            expect_near(got.at(row, h * c.width + o), expected, bf16() ? 4e-2 : 1e-4,
                        "row " + std::to_string(row) + " head " + std::to_string(h));
          }
        }
      }
  }
}

TEST_P(CrossAttention, IsOrdinaryCrossAttentionWithTheBypassesAddedToKeysAndValues) {
  compare({.heads = 4,
           .width = 8,
           .d = 24,
           .key_rank = 3,
           .value_rank = 5,
           .sources = {7, 1, 20},
           .targets = {3, 1, 5, 2},
           .source_of = {2, 0, 1, 2}});
}
TEST_P(CrossAttention, TakesAdaptersInPlace) {
  compare({.heads = 4,
           .width = 8,
           .d = 24,
           .key_rank = 3,
           .value_rank = 5,
           .sources = {7, 1, 20},
           .targets = {3, 1, 5, 2},
           .source_of = {2, 0, 1, 2},
           .in_place = true});
  compare({.heads = 3,
           .width = 64,
           .d = 80,
           .key_rank = 20,
           .value_rank = 70,
           .sources = {130, 65},
           .targets = {2, 23, 1, 1},
           .source_of = {0, 1, 1, 0},
           .scale = 0.08f,
           .in_place = true});
}
TEST_P(CrossAttention, NeedsNoBypass) {
  compare({.heads = 2,
           .width = 16,
           .d = 64,
           .key_rank = 0,
           .value_rank = 0,
           .sources = {70, 9},
           .targets = {1, 40, 1},
           .source_of = {0, 0, 1}});
}
TEST_P(CrossAttention, HasAWideInnerDimensionLongSourcesAndAHighRank) {
  compare({.heads = 3,
           .width = 64,
           .d = 80,
           .key_rank = 20,
           .value_rank = 70,
           .sources = {130, 65},
           .targets = {2, 23, 1, 1},
           .source_of = {0, 1, 1, 0},
           .scale = 0.08f});
}
TEST_P(CrossAttention, HasWidthsThatFitNoVector) {
  compare({.heads = 3,
           .width = 5,
           .d = 33,
           .key_rank = 1,
           .value_rank = 2,
           .sources = {13, 3},
           .targets = {2, 3, 1},
           .source_of = {1, 0, 0}});
}

TEST_P(CrossAttention, ATargetHasTheSameBitsInEveryBatchWhateverTheOthersChange) {
  const int heads = 2, width = 16, inner = heads * width, d = 64, rank = 4;
  const Sequences sources = packed({70, 9, 130}), targets = packed({3, 1, 36});
  const std::vector<Index> source_of = {0, 1, 2}, only = {0};
  CrossProjections weights;
  for (unsigned h = 0; h < heads; ++h) {
    weights.key_transposed.push_back(pack(Matrix(d, width, h, 0.2f)));
    weights.value.push_back(pack(Matrix(width, d, 10 + h, 0.2f)));
  }
  const View states = put(Matrix(sources.rows(), d, 1), activation()), q = put(Matrix(targets.rows(), inner, 2, 0.3f));
  const View a = put(Matrix(d, 16, 3)), b = put(Matrix(rank, inner, 4, 0.3f));
  const std::vector<LoraBlock> last = {{targets.begin(2), targets.rows(), {{a, {{0, inner, 0, rank, b}}}}}};
  const View out = empty(activation(), targets.rows(), inner);
  ops->cross_attention(out, q, states, targets, sources, source_of, weights, last, last);
  const Matrix together = get(out);
  for (int s = 0; s < targets.count(); ++s) {
    const Index rows = targets.length(s);
    std::vector<LoraBlock> own;
    if (s == 2) own = {{0, rows, {{a, {{0, inner, 0, rank, b}}}}}};
    const View part = empty(activation(), rows, inner);
    ops->cross_attention(part, q.row_range(targets.begin(s), rows),
                         states.row_range(sources.begin(s), sources.length(s)), packed({rows}),
                         packed({sources.length(s)}), only, weights, own, own);
    const Matrix alone = get(part);
    for (int i = 0; i < rows; ++i)
      for (int c = 0; c < inner; ++c) ASSERT_EQ(alone.at(i, c), together.at(targets.begin(s) + i, c)) << "target " << s;
  }
}

// The products of all heads at once: 64 -> 1024 and back, 16 times.
TEST_P(CrossAttention, ATargetHasTheSameBitsInEveryBatchAtTheModelsShapes) {
#ifdef LORASWEEP_CUDA_ON_HOST
  const std::vector<int> counts = {1};  // plain loops
  const int all = 2;
#else
  const std::vector<int> counts = {1, 2, 7, 16, 33, 64};
  const int all = GetParam().kind == DeviceKind::cuda ? 2000 : 70;
#endif
  const int heads = 16, width = 64, inner = heads * width, d = 1024, length = 5;
  CrossProjections weights;
  for (unsigned h = 0; h < heads; ++h) {
    weights.key_transposed.push_back(pack(Matrix(d, width, h, 0.05f)));
    weights.value.push_back(pack(Matrix(width, d, 100 + h, 0.05f)));
  }
  const View states = put(Matrix(length, d, 1), activation()), q = put(Matrix(all, inner, 2, 0.3f));
  const auto attend = [&](View out, View of) {
    const std::vector<Index> single(of.rows, 1), source_of(of.rows, 0);
    ops->cross_attention(out, of, states, packed(single), packed({length}), source_of, weights, {}, {});
  };
  const View out = empty(activation(), all, inner);
  attend(out, q);
  const Matrix together = get(out);
  for (const int count : counts) {
    const int first = count * 37 % (all - count + 1);
    const View part = empty(activation(), count, inner);
    attend(part, q.row_range(first, count));
    const Matrix alone = get(part);
    for (int r = 0; r < count; ++r)
      for (int c = 0; c < inner; ++c)
        ASSERT_EQ(alone.at(r, c), together.at(first + r, c)) << "row " << first + r << " of " << count;
  }
}

INSTANTIATE_FOR_ALL_DEVICES(CrossAttention);

}  // namespace
}  // namespace lorasweep
