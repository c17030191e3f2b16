// SPDX-License-Identifier: Apache-2.0
// The bypass and the composition on every device.
#include "tests/workers/ops/ops_test.h"

#include <tuple>

namespace lorasweep {
namespace {

class Lora : public OpsTest {};

TEST_P(Lora, EveryMembersRowsGetItsOwnTermsAndNoOthers) {
  struct Member {
    int begin, end;
    std::vector<int> ranks;  // of up to three sites
  };
  const std::vector<Member> members = {
      {0, 5, {4, 7}}, {5, 5, {16}}, {9, 100, {16, 0, 16}}, {100, 101, {320}}, {110, 180, {33, 64, 1}}};
  const int outs[] = {24, 8, 30};
  for (const int in : {48, 37}) {
    const int rows = 190, columns = 62;
    const Matrix x = as_activation(Matrix(rows, in, 1)), before(rows, columns, 2);
    std::vector<LoraBlock> blocks;
    Matrix expected = before;
    unsigned seed = 10;
    std::vector<double> exact(before.values.begin(), before.values.end());
    for (const Member& member : members) {
      int total = 0;
      for (const int rank : member.ranks) total += rank;
      const Matrix a(in, (total + 15) / 16 * 16, seed++, 0.2f);
      LoraBlock block{member.begin, member.end, {{put(a), {}}}};
      int first_rank = 0, column = 0;
      for (std::size_t site = 0; site < member.ranks.size(); ++site) {
        const int rank = member.ranks[site], out = outs[site];
        if (rank > 0) {
          const Matrix b(rank, out, seed++, 0.2f);
          block.segments[0].terms.push_back({column, out, first_rank, rank, put(b)});
          for (int r = member.begin; r < member.end; ++r)
            for (int k = 0; k < rank; ++k) {
              double t = 0;
              for (int i = 0; i < in; ++i) t += x.d(r, i) * a.d(i, first_rank + k);
              for (int o = 0; o < out; ++o) exact[static_cast<std::size_t>(r) * columns + column + o] += t * b.d(k, o);
            }
        }
        first_rank += rank;
        column += out;
      }
      blocks.push_back(std::move(block));
    }
    const View y = put(before);
    ops->lora(y, put(x, activation()), blocks);
    const Matrix got = get(y);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) {
        const bool inside = std::ranges::any_of(members, [&](const Member& m) { return r >= m.begin && r < m.end; });
        if (!inside) {
          ASSERT_EQ(got.at(r, c), before.at(r, c)) << "row " << r << " belongs to nobody";
        }
        // In bf16 too the bypass keeps 16 bits of its operands.
        expect_near(got.at(r, c), exact[static_cast<std::size_t>(r) * columns + c], bf16() ? 2e-4 : 1e-5,
                    "row " + std::to_string(r) + " column " + std::to_string(c));
      }
    ops->lora(y, put(x, activation()), {});
    EXPECT_EQ(get(y).values, got.values) << "no blocks, no change";
  }
}

TEST_P(Lora, ARowHasTheSameBitsWhereverItLiesAndWhoeverElseIsChanged) {
  const int in = 64, out = 48, rank = 16, rows = 150;
  const Matrix x(rows, in, 1), before(rows, out, 2);
  const View a = put(Matrix(in, rank, 3)), b = put(Matrix(rank, out, 4)), other = put(Matrix(in, 2 * rank, 5)),
             all = put(x, activation());
  const auto block = [&](int begin, int end) { return LoraBlock{begin, end, {{a, {{0, out, 0, rank, b}}}}}; };
  const View together = put(before);
  const std::vector<LoraBlock> both = {{0, 71, {{other, {{0, out, rank, rank, b}}}}}, block(71, rows)};
  ops->lora(together, all, both);
  const Matrix expected = get(together);
  for (const int row : {71, 72, 100, 135, 149}) {
    Matrix one(1, out);
    std::copy_n(before.values.begin() + row * out, out, one.values.begin());
    const View alone = put(one);
    const std::vector<LoraBlock> own = {block(0, 1)};
    ops->lora(alone, all.row_range(row, 1), own);
    const Matrix got = get(alone);
    for (int o = 0; o < out; ++o) ASSERT_EQ(got.at(0, o), expected.at(row, o)) << "row " << row;
  }
}

TEST_P(Lora, AdaptersInPlaceAreSummedAsTheyAreWeighted) {
  for (const int in : {48, 37}) {
    const int rows = 140, columns = 62, site = 30;
    const Matrix x = as_activation(Matrix(rows, in, 1)), before(rows, columns, 2);
    std::vector<double> exact(before.values.begin(), before.values.end());
    std::vector<LoraBlock> blocks;
    unsigned seed = 10;
    // ranks of the members' adapters; every other adapter changes another site
    const std::vector<std::tuple<int, int, std::vector<int>>> members = {
        {0, 3, {4}}, {3, 3, {8, 8}}, {9, 101, {16, 7, 1, 16, 33, 2, 16, 16}}, {101, 139, {5, 64, 3}}};
    for (const auto& [begin, end, ranks] : members) {
      std::vector<Weighted> adapters;
      for (std::size_t i = 0; i < ranks.size(); ++i) {
        const int rank = ranks[i], column = i % 2 == 0 ? 0 : 32;
        adapters.push_back({Matrix(in, (rank + 15) / 16 * 16, seed++, 0.2f), Matrix(rank, site, seed++, 0.2f),
                            0.7f - 0.4f * static_cast<float>(i), column});
        const auto& [a, b, weight, at] = adapters.back();
        for (int r = begin; r < end; ++r)
          for (int k = 0; k < rank; ++k) {
            double t = 0;
            for (int c = 0; c < in; ++c) t += x.d(r, c) * a.d(c, k);
            for (int o = 0; o < site; ++o)
              exact[static_cast<std::size_t>(r) * columns + column + o] += weight * t * b.d(k, o);
          }
      }
      blocks.push_back(in_place(begin, end, adapters));
    }
    const View y = put(before);
    ops->lora(y, put(x, activation()), blocks);
    const Matrix got = get(y);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) {
        if (r == 139 || (r >= 3 && r < 9) || c == 30 || c == 31) {
          ASSERT_EQ(got.at(r, c), before.at(r, c)) << "belongs to nobody";
        }
        expect_near(got.at(r, c), exact[static_cast<std::size_t>(r) * columns + c], bf16() ? 2e-4 : 1e-5,
                    "row " + std::to_string(r) + " column " + std::to_string(c));
      }
  }
}

// Halves and quarters are exact, and each adapter is summed from 0.
TEST_P(Lora, SoManyCopiesOfAnAdapterAtTheirShareAreTheAdapter) {
  const int in = 64, out = 45, rank = 16, rows = 50;
  const Matrix x(rows, in, 1), before(rows, out, 2), a(in, rank, 3), b(rank, out, 4), other(rank, out, 5);
  const auto sum_of = [&](int copies, int of_nothing) {
    std::vector<Weighted> adapters(static_cast<std::size_t>(copies), {a, b, 1.0f / static_cast<float>(copies)});
    for (int i = 0; i < of_nothing; ++i)
      adapters.insert(adapters.begin() + (i % 2 == 0 ? 0 : std::ssize(adapters)), {a, other, 0});
    const View y = put(before);
    const std::vector<LoraBlock> blocks = {in_place(2, rows, adapters)};
    ops->lora(y, put(x, activation()), blocks);
    return get(y);
  };
  const Matrix one = sum_of(1, 0);
  EXPECT_NE(one.values, before.values);
  for (const int copies : {1, 2, 4}) EXPECT_EQ(sum_of(copies, 0).values, one.values) << copies;
  EXPECT_EQ(sum_of(1, 3).values, one.values) << "weights of 0 change nothing";
  // In bf16 too the bypass keeps 16 bits of its operands: of its terms, which are larger than their sum.
  const auto size_of_terms = [&](int row, int column) {
    double size = 0;
    for (int k = 0; k < rank; ++k) {
      double t = 0;
      for (int i = 0; i < in; ++i) t += x.d(row, i) * a.d(i, k);
      size += std::abs(t * b.d(k, column));
    }
    return size;
  };
  for (const int copies : {3, 7, 20}) {
    const Matrix shared = sum_of(copies, 0);
    for (int r = 0; r < rows; ++r)
      for (int o = 0; o < out; ++o) {
        const double terms = bf16() ? 0x1p-15 * size_of_terms(r, o) : 0;
        ASSERT_NEAR(shared.at(r, o), one.at(r, o), 1e-5 * (1 + std::abs(one.at(r, o))) + terms) << copies;
      }
  }
}

TEST_P(Lora, ARowOfAdaptersInPlaceHasTheSameBitsWhereverItLiesAndWhoeverElseIsChanged) {
  const int in = 64, out = 48, rows = 150;
  const Matrix x(rows, in, 1), before(rows, out, 2);
  std::vector<Weighted> adapters;
  for (unsigned i = 0; i < 5; ++i)
    adapters.push_back(
        {Matrix(in, 16, 10 + i), Matrix(3 + 3 * static_cast<int>(i), out, 20 + i), 0.3f + static_cast<float>(i)});
  const std::vector<Weighted> others(adapters.begin() + 1, adapters.begin() + 3);
  const View all = put(x, activation()), together = put(before);
  const std::vector<LoraBlock> both = {in_place(0, 71, others), in_place(71, rows, adapters)};
  ops->lora(together, all, both);
  const Matrix expected = get(together);
  for (const int row : {71, 72, 100, 135, 149}) {
    Matrix one(1, out);
    std::copy_n(before.values.begin() + row * out, out, one.values.begin());
    const View alone = put(one);
    const std::vector<LoraBlock> own = {in_place(0, 1, adapters)};
    ops->lora(alone, all.row_range(row, 1), own);
    const Matrix got = get(alone);
    for (int o = 0; o < out; ++o) ASSERT_EQ(got.at(0, o), expected.at(row, o)) << "row " << row;
  }
}

TEST_P(Lora, CompositionsAreRoundedAfterEveryProductAndEverySum) {
  for (const std::int64_t cols : {64, 1000, 4096, 37}) {
    Matrix library(9, cols, 1);
    library.at(3, 5) = -0.0f;
    std::vector<std::vector<std::int32_t>> rows;
    std::vector<std::vector<float>> weights;
    for (int m = 0; m < 13; ++m) {  // more than eight of one set, between others
      rows.push_back(m % 4 == 3 ? std::vector<std::int32_t>{3}
                     : m == 5   ? std::vector<std::int32_t>{}
                                : std::vector<std::int32_t>{8, 0, 4, 4, 2});
      auto& own = weights.emplace_back();
      for (std::size_t i = 0; i < rows.back().size(); ++i)
        own.push_back(0.3f * static_cast<float>(m) - 1.1f * static_cast<float>(i) + 0.123f);
    }
    const View out = empty(Element::f32, 13, cols);
    ops->combine(out, put(library), rows, weights);
    const Matrix got = get(out);
    for (int m = 0; m < 13; ++m)
      for (std::int64_t c = 0; c < cols; ++c) {
        float expected = 0;
        for (std::size_t i = 0; i < rows[m].size(); ++i) {
          const volatile float product = weights[m][i] * library.at(rows[m][i], c);
          const volatile float sum = i == 0 ? product : expected + product;
          expected = sum;
        }
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got.at(m, c)), std::bit_cast<std::uint32_t>(expected))
            << "member " << m << " column " << c;
      }
  }
}

INSTANTIATE_FOR_ALL_DEVICES(Lora);

}  // namespace
}  // namespace lorasweep
