// SPDX-License-Identifier: Apache-2.0
// The bypass and the composition on every device.
#include "tests/workers/ops/ops_test.h"

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
      LoraBlock block{member.begin, member.end, put(a), {}};
      int first_rank = 0, column = 0;
      for (std::size_t site = 0; site < member.ranks.size(); ++site) {
        const int rank = member.ranks[site], out = outs[site];
        if (rank > 0) {
          const Matrix b(rank, out, seed++, 0.2f);
          block.terms.push_back({column, out, first_rank, rank, put(b)});
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
  const auto block = [&](int begin, int end) { return LoraBlock{begin, end, a, {{0, out, 0, rank, b}}}; };
  const View together = put(before);
  const std::vector<LoraBlock> both = {{0, 71, other, {{0, out, rank, rank, b}}}, block(71, rows)};
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

TEST_P(Lora, StackedCompositionsPutPartsOfAdaptersWhereTheyBelong) {
  const Matrix library(3, 400, 1), before(5, 900, 2);
  const View out = put(before);
  // Two adapters' columns side by side, unchanged, and their rows below each other, times a weight each; the third
  // adapter is not in it.
  const std::vector<StackedPart> parts = {
      {.from = 10, .to = 3, .from_stride = 16, .to_stride = 32, .rows = 20, .cols = 7, .adapter = 2},
      {.from = 0, .to = 10, .from_stride = 8, .to_stride = 32, .rows = 20, .cols = 8, .adapter = 0},
      {.from = 330, .to = 700, .from_stride = 9, .to_stride = 9, .rows = 7, .cols = 9, .adapter = 2, .weight = 0},
      {.from = 160, .to = 763, .from_stride = 9, .to_stride = 9, .rows = 8, .cols = 9, .adapter = 0, .weight = 1},
  };
  const std::vector<std::int32_t> members = {4, 0, 1};
  const std::vector<std::vector<float>> weights = {{0.3f, -1.7f}, {0.0f, 1.0f}, {1.1f, 0.9f}};
  ops->stack(out, put(library), parts, members, weights);
  Matrix expected = before;
  for (std::size_t m = 0; m < members.size(); ++m)
    for (const StackedPart& part : parts)
      for (int r = 0; r < part.rows; ++r)
        for (int c = 0; c < part.cols; ++c)
          expected.at(members[m], part.to + r * part.to_stride + c) =
              (part.weight < 0 ? 1.0f : weights[m][static_cast<std::size_t>(part.weight)]) *
              library.at(part.adapter, part.from + r * part.from_stride + c);
  EXPECT_EQ(get(out).values, expected.values);
}

TEST_P(Lora, StackedCompositionsOfNothingChangeNothing) {
  const Matrix before(2, 40, 1);
  const View out = put(before), library = put(Matrix(2, 40, 2));
  const std::vector<std::int32_t> members = {1};
  const std::vector<std::vector<float>> none = {{}};
  ops->stack(out, library, {}, members, none);
  ops->stack(out, library, {}, {}, {});
  EXPECT_EQ(get(out).values, before.values);
}

INSTANTIATE_FOR_ALL_DEVICES(Lora);

}  // namespace
}  // namespace lorasweep
