// SPDX-License-Identifier: Apache-2.0
// What decoder-only networks compute beside the other operations, on every device that has it, against its definition
// in f64.
#include "tests/workers/ops/ops_test.h"

namespace lorasweep {
namespace {

class Rotary : public OpsTest {
 protected:
  void SetUp() override {
    OpsTest::SetUp();
    if (!IsSkipped() && ops->rotary() == nullptr) GTEST_SKIP() << "this device has no code for it";
    if (!IsSkipped()) rotary = ops->rotary();
  }
  double tolerance() const { return bf16() ? 2e-2 : 1e-5; }

  // Row `row` of a sequence whose first row is `first`, one head: softmax(scale q K^T) V over what it sees. `stored`
  // says how keys and values before the row are kept.
  template <typename Stored>
  void expect_row(const Matrix& got, const Matrix& qkv, const HeadGroups& groups, Index first, Index row, Stored stored,
                  Index got_row) const {
    const Index shared = groups.heads / groups.key_heads;
    for (Index h = 0; h < groups.heads; ++h) {
      const Index key = groups.queries() + h / shared * groups.width, value = key + groups.keys();
      std::vector<double> p;
      double most = -INFINITY, sum = 0;
      for (Index j = 0; j <= row; ++j) {
        double score = 0;
        for (Index c = 0; c < groups.width; ++c)
          score += qkv.d(first + row, h * groups.width + c) * stored(qkv.at(first + j, key + c));
        p.push_back(groups.window != 0 && j <= row - groups.window ? -INFINITY : score * groups.scale);
        most = std::max(most, p.back());
      }
      for (double& one : p) sum += one = std::exp(one - most);
      for (Index c = 0; c < groups.width; ++c) {
        double expected = 0;
        for (Index j = 0; j <= row; ++j) expected += p[j] / sum * stored(qkv.at(first + j, value + c));
        expect_near(
            got.at(got_row, h * groups.width + c), expected, tolerance(),
            "row " + std::to_string(row) + " head " + std::to_string(h) + " window " + std::to_string(groups.window));
      }
    }
  }
  static float as_it_is(float value) { return value; }

  Matrix attended(const Matrix& qkv, const Sequences& sequences, const HeadGroups& groups) {
    const View out = empty(activation(), qkv.rows, groups.queries());
    rotary->grouped_attention(out, put(qkv), sequences, groups);
    return get(out);
  }

  RotaryOps* rotary = nullptr;
};

const HeadGroups shapes[] = {{.heads = 4, .key_heads = 2, .width = 10, .scale = 0.3f},
                             {.heads = 6, .key_heads = 2, .width = 16, .scale = 0.25f, .window = 5},
                             {.heads = 3, .key_heads = 1, .width = 24, .scale = 0.2f, .window = 70},
                             {.heads = 2, .key_heads = 2, .width = 64, .scale = 0.125f},
                             {.heads = 7, .key_heads = 1, .width = 80, .scale = 0.1f, .window = 100},
                             {.heads = 3, .key_heads = 1, .width = 130, .scale = 0.08f}};

TEST_P(Rotary, GroupedAttentionFollowsItsDefinition) {
  for (const HeadGroups& groups : shapes) {
    const Sequences sequences = packed({1, 17, 64, 65, 150});
    const Matrix qkv(sequences.rows(), groups.all(), 7);
    const Matrix got = attended(qkv, sequences, groups);
    for (Index s = 0; s < sequences.count(); ++s)
      for (Index i = 0; i < sequences.length(s); ++i)
        expect_row(got, qkv, groups, sequences.begin(s), i, as_it_is, sequences.begin(s) + i);
  }
}

TEST_P(Rotary, GroupedAttentionOfARowHasTheSameBitsWhateverFollowsItOrIsInTheCall) {
  for (const HeadGroups& groups : shapes) {
    const Matrix qkv(150, groups.all(), 8);
    const Matrix whole = attended(qkv, packed({150}), groups);
    for (const Index length : {1, 16, 63, 64, 100, 149}) {
      Matrix part(length + 9, groups.all(), 9);
      std::copy_n(qkv.values.begin(), length * qkv.cols, part.values.begin() + 9 * qkv.cols);
      const Matrix got = attended(part, packed({9, length}), groups);
      EXPECT_TRUE(std::equal(got.values.begin() + 9 * got.cols, got.values.end(), whole.values.begin())) << length;
    }
  }
}

TEST_P(Rotary, StepsContinueFilledCachesByTheirDefinition) {
  const auto stored = [&](float value) { return bf16() ? round_to_bf16(value) : value; };
  for (const HeadGroups& groups : shapes) {
    const std::vector<Index> lengths = {3, 90, 20};
    const Sequences prompts = packed(lengths);
    const Matrix prompt(prompts.rows(), groups.all(), 10), next(2, groups.all(), 11);
    DecoderCache small{empty(activation(), 3 * 91, 2 * groups.keys()), 91},
        cache{empty(activation(), 3 * 100, 2 * groups.keys()), 100};
    rotary->fill_cache(small, put(prompt), prompts, std::vector<Index>{0, 1, 2}, groups);
    rotary->copy_cache(cache, small);
    const View out = empty(activation(), 2, groups.queries());
    // Slot 0 has ended.
    rotary->grouped_step(out, put(next), cache, std::vector<Index>{1, 2}, std::vector<Index>{90, 20}, groups);
    const Matrix got = get(out);
    for (const Index row : {0, 1}) {
      Matrix all(lengths[row + 1] + 1, groups.all());
      std::copy_n(prompt.values.begin() + prompts.begin(row + 1) * prompt.cols, lengths[row + 1] * prompt.cols,
                  all.values.begin());
      std::copy_n(next.values.begin() + row * next.cols, next.cols, all.values.end() - next.cols);
      expect_row(got, all, groups, 0, lengths[row + 1], stored, row);
    }
  }
}

TEST_P(Rotary, RotatesPairsOfQueriesAndKeysAndNormsHeadsBefore) {
  const HeadGroups groups{.heads = 2, .key_heads = 1, .width = 6};
  const Matrix qkv(4, groups.all(), 12), cosine(9, 3, 13), sine(9, 3, 14), query_gain(1, 6, 15), key_gain(1, 6, 16);
  const std::vector<Index> positions = {0, 8, 3, 3};
  for (const bool norms : {false, true}) {
    const View rotated = put(qkv);
    HeadNorms gains;
    if (norms) gains = {put(query_gain), put(key_gain), 1e-6};
    rotary->rotate(rotated, positions, {put(cosine), put(sine)}, groups, gains);
    const Matrix got = get(rotated);
    for (Index r = 0; r < 4; ++r) {
      for (Index h = 0; h < 3; ++h) {
        double squares = 0, head[6];
        for (Index c = 0; c < 6; ++c) squares += qkv.d(r, h * 6 + c) * qkv.d(r, h * 6 + c) / 6;
        for (Index c = 0; c < 6; ++c)
          head[c] = norms ? qkv.d(r, h * 6 + c) / std::sqrt(squares + 1e-6) * (h < 2 ? query_gain : key_gain).d(0, c)
                          : qkv.d(r, h * 6 + c);
        for (Index j = 0; j < 3; ++j) {
          const double cos = cosine.d(positions[r], j), sin = sine.d(positions[r], j);
          expect_near(got.at(r, h * 6 + j), head[j] * cos - head[j + 3] * sin, 1e-6, "first of a pair");
          expect_near(got.at(r, h * 6 + j + 3), head[j + 3] * cos + head[j] * sin, 1e-6, "second of a pair");
        }
      }
      for (Index c = 18; c < 24; ++c) EXPECT_EQ(got.at(r, c), qkv.at(r, c)) << "values are not rotated";
    }
  }
}

TEST_P(Rotary, AddsBiasesAndPicksRows) {
  const Matrix y(5, 7, 17), bias(1, 7, 18);
  const View sums = put(y), picked = empty(Element::f32, 3, 7);
  rotary->add_bias(sums, put(bias));
  rotary->gather(picked, sums, std::vector<Index>{4, 0, 4});
  const Matrix got = get(picked);
  for (const auto& [row, from] : {std::pair<Index, Index>{0, 4}, {1, 0}, {2, 4}})
    for (Index c = 0; c < 7; ++c) EXPECT_EQ(got.at(row, c), y.at(from, c) + bias.at(0, c));
}

TEST_P(Rotary, LogitsThatAreThereGiveTheLossesAndChoicesOfTheHead) {
  const Matrix weight(203, 32, 19), x(9, 32, 20);
  const Projection head = pack(weight);
  const View states = put(as_activation(x), activation()), logits = empty(Element::f32, 9, 203);
  const std::vector<std::int32_t> wanted = {0, 202, 5, 7, 100, 31, 32, 33, 64};
  const View labels = put(Element::i32, wanted);
  ops->linear(logits, states, head, Accumulate::no);
  const View by_head = empty(Element::f64, 9, 1), by_logits = empty(Element::f64, 9, 1),
             best_of_head = empty(Element::i32, 9, 1), best_of_logits = empty(Element::i32, 9, 1);
  ops->target_nll(by_head, states, head, labels);
  ops->argmax(best_of_head, states, head);
  rotary->nll_of_logits(by_logits, logits, labels);
  rotary->argmax_of_logits(best_of_logits, logits);
  EXPECT_EQ(get_vector<double>(by_logits), get_vector<double>(by_head));
  EXPECT_EQ(get_vector<std::int32_t>(best_of_logits), get_vector<std::int32_t>(best_of_head));
}

// Prompts and a step after them: a record must serve other numbers, and the tables of one key not those of another.
TEST_P(Rotary, WhatIsRepeatedGivesWhatAPlainRunGivesWithTheInputsOfTheMoment) {
  const HeadGroups groups = shapes[1];
  const View cosine = put(Matrix(60, 8, 1)), sine = put(Matrix(60, 8, 2)), bias = put(Matrix(1, groups.all(), 3)),
             gain = put(Matrix(1, groups.width, 4)), qkv = empty(Element::f32, 40, groups.all()),
             next = empty(Element::f32, 2, groups.all()), context = empty(activation(), 42, groups.queries()),
             picked = empty(Element::f32, 2, groups.all());
  const DecoderCache cache{empty(activation(), 2 * 41, 2 * groups.keys()), 41},
      larger{empty(activation(), 2 * 50, 2 * groups.keys()), 50};
  const std::vector<Index> slots = {1, 0};
  const auto enqueue = [&](const std::vector<Index>& lengths) {
    const Sequences sequences = packed(lengths);
    std::vector<Index> positions, last_rows;
    for (const Index length : lengths) {
      for (Index i = 0; i < length; ++i) positions.push_back(i);
      last_rows.push_back(std::ssize(positions) - 1);
    }
    const View own = qkv.row_range(0, sequences.rows());
    rotary->add_bias(own, bias);
    rotary->rotate(own, positions, {cosine, sine}, groups, {gain, gain, 1e-6});
    rotary->grouped_attention(context.row_range(2, sequences.rows()), own, sequences, groups);
    rotary->fill_cache(cache, own, sequences, slots, groups);
    rotary->copy_cache(larger, cache);
    rotary->rotate(next, lengths, {cosine, sine}, groups, {});
    rotary->grouped_step(context.row_range(0, 2), next, larger, slots, lengths, groups);
    rotary->gather(picked, own, last_rows);
  };
  int bodies = 0;
  const std::vector<std::vector<Index>> all_lengths = {{10, 20}, {3, 37}};
  for (unsigned round = 0; round < 4; ++round)
    for (const auto& lengths : all_lengths) {
      const auto upload = [&] {
        ops->upload(qkv, Matrix(40, groups.all(), 10 + round).values.data());
        ops->upload(next, Matrix(2, groups.all(), 20 + round).values.data());
      };
      upload();
      ops->repeat(testing::PrintToString(lengths), [&] {
        ++bodies;
        enqueue(lengths);
      });
      const Matrix attended = get(context), gathered = get(picked);
      upload();
      enqueue(lengths);
      EXPECT_EQ(get(context).values, attended.values) << "round " << round;
      EXPECT_EQ(get(picked).values, gathered.values) << "round " << round;
    }
  if (GetParam().kind == DeviceKind::cuda) {
    EXPECT_EQ(bodies, 4) << "the first run and the record of each key";
  }
}

TEST_P(Rotary, ScratchIsToTheByteWhatOneCallOfTheAnnouncedSizeTakes) {
  const HeadGroups groups = shapes[0];
  const auto taken_by = [&](const auto& call) {
    ops->release();
    call();
    ops->wait_all();
    return ops->scratch_bytes();
  };
  for (const Index length : {5, 64, 300}) {
    const Sequences sequences = packed({3, length});
    EXPECT_EQ(taken_by([&] { attended(Matrix(3 + length, groups.all()), sequences, groups); }),
              ops->rotary_scratch()
                  ->grouped_attention_scratch({.rows = 3 + length, .longest = length, .groups = groups})
                  .bytes());
    const DecoderCache cache{empty(activation(), 2 * length, 2 * groups.keys()), length};
    EXPECT_EQ(taken_by([&] {
                rotary->grouped_step(empty(activation(), 2, groups.queries()), put(Matrix(2, groups.all())), cache,
                                     std::vector<Index>{0, 1}, std::vector<Index>{0, length - 1}, groups);
              }),
              ops->rotary_scratch()->grouped_step_scratch({.rows = 2, .positions = length, .groups = groups}).bytes());
  }
  // Four times the length: four times the memory of a thread, and no more.
  const auto of = [&](Index longest) {
    return ops->rotary_scratch()->grouped_attention_scratch({.rows = 0, .longest = longest, .groups = groups}).bytes();
  };
  EXPECT_LE(of(4096), 4 * of(1024) + 4096);
}

INSTANTIATE_FOR_ALL_DEVICES(Rotary);

}  // namespace
}  // namespace lorasweep
