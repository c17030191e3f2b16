// SPDX-License-Identifier: Apache-2.0
// What the ops say that operations keep for themselves, against what they have taken once the operations ran.
#include "tests/workers/ops/ops_test.h"

#include <functional>
#include <numeric>

namespace lorasweep {
namespace {

constexpr Index heads = 2;

class ScratchOfOps : public OpsTest {
 protected:
  View zeros(Element element, Index rows, Index cols) { return empty(element, rows, cols); }

  LoraBlock block(Index first, Index last, Index in, Index out, Index rank) {
    return {first, last, {{zeros(Element::f32, in, rank), {{0, out, 0, rank, zeros(Element::f32, rank, out)}}}}};
  }
  void lora(Index rows, Index in, Index rank) {
    const std::vector<LoraBlock> blocks = {block(0, rows, in, 24, rank)};
    ops->lora(zeros(Element::f32, rows, 24), zeros(activation(), rows, in), blocks);
  }
  void attention(const Sequences& sequences, Index width) {
    const Index inner = heads * width, rows = sequences.rows();
    const View qkv = zeros(Element::f32, rows, 3 * inner);
    ops->attention(zeros(activation(), rows, inner), qkv.columns(0, inner), qkv.columns(inner, inner),
                   qkv.columns(2 * inner, inner), sequences, heads, {}, Mask::none);
  }
  void cached_attention(Index rows, Index positions, Index width) {
    const Index inner = heads * width;
    const DecoderCache cache{zeros(Element::f32, rows * positions, 2 * inner), positions};
    std::vector<Index> slots(rows);
    std::iota(slots.begin(), slots.end(), Index{0});
    ops->cached_attention(zeros(activation(), rows, inner), zeros(Element::f32, rows, 3 * inner), cache, slots,
                          std::vector<Index>(rows, positions - 1), heads, {});
  }
  void cross_attention(const Sequences& targets, const Sequences& sources, Index width, Index d, Index rank) {
    std::vector<LoraBlock> bypass;
    if (rank > 0) bypass = {block(0, targets.rows(), d, heads * width, rank)};
    cross_attention(targets, sources, width, d, bypass);
  }
  void cross_attention(const Sequences& targets, const Sequences& sources, Index width, Index d,
                       const std::vector<LoraBlock>& bypass) {
    const Index inner = heads * width, rows = targets.rows();
    CrossProjections weights;
    for (Index h = 0; h < heads; ++h) {
      weights.key_transposed.push_back(pack(Matrix(d, width)));
      weights.value.push_back(pack(Matrix(width, d)));
    }
    std::vector<Index> source_of(targets.count());
    std::iota(source_of.begin(), source_of.end(), Index{0});
    ops->cross_attention(zeros(activation(), rows, inner), zeros(Element::f32, rows, inner),
                         zeros(activation(), sources.rows(), d), targets, sources, source_of, weights, bypass, bypass);
  }
  void output_head(Index rows, Index vocabulary, bool losses) {
    const Projection head = pack(Matrix(vocabulary, 32));
    const View x = zeros(activation(), rows, 32);
    if (losses)
      ops->target_nll(zeros(Element::f64, rows, 1), x, head, zeros(Element::i32, rows, 1));
    else
      ops->argmax(zeros(Element::i32, rows, 1), x, head);
  }
  /// Every member has adapters of its own, so that no two share what they read.
  void combine(Index members, Index adapters) {
    std::vector<std::vector<std::int32_t>> rows;
    for (Index m = 0; m < members; ++m)
      for (rows.emplace_back(); std::ssize(rows.back()) < adapters;)
        rows.back().push_back(static_cast<std::int32_t>((m + std::ssize(rows.back())) % members));
    ops->combine(zeros(Element::f32, members, 40), zeros(Element::f32, members, 40), rows,
                 std::vector(members, std::vector<float>(adapters)));
  }
  /// Of so many adapters where they lie in a library, each of this rank.
  LoraBlock weighted(Index rows, Index in, Index out, Index rank, Index adapters) {
    const View chosen = put(Element::i32, std::vector<std::int32_t>(2 * adapters));  // row 0, weight 0
    const LoraBlock one = block(0, rows, in, out, rank);
    LoraBlock all{0, rows, {}, 0};
    for (Index i = 0; i < adapters; ++i) {
      all.segments.push_back(one.segments.front());
      all.segments.back().chosen = chosen.as<const WeightedRow>() + i;
    }
    return all;
  }

  /// Of ops that have done nothing else.
  std::size_t taken_by(const std::function<void()>& operation) {
    ops->release();
    EXPECT_EQ(ops->scratch_bytes(), 0u);
    operation();
    ops->wait_all();
    return ops->scratch_bytes();
  }
};

TEST_P(ScratchOfOps, IsToTheByteWhatOneCallOfTheAnnouncedSizeTakes) {
  for (const auto& [rows, in, rank] : {std::tuple{1, 16, 16}, {90, 48, 32}, {300, 37, 80}})
    EXPECT_EQ(taken_by([&] { lora(rows, in, rank); }),
              ops->lora_scratch({.rows = rows, .in = in, .columns = rank}).bytes())
        << "lora of " << rows;
  for (const Index length : {1, 5, 37})
    EXPECT_EQ(
        taken_by([&] {
          attention(packed({3, length, 1}), 24);
        }),
        ops->attention_scratch({.rows = 4 + length, .longest = std::max(length, Index{3}), .heads = heads, .width = 24})
            .bytes())
        << "attention of " << length;
  for (const Index positions : {1, 40})
    EXPECT_EQ(taken_by([&] { cached_attention(7, positions, 24); }),
              ops->cached_attention_scratch({.rows = 7, .positions = positions, .heads = heads, .width = 24}).bytes())
        << "cached attention over " << positions;
  for (const Index rank : {0, 16})
    for (const Index length : {1, 8, 45})
      EXPECT_EQ(taken_by([&] {
                  cross_attention(packed({6, 6}), packed({length, length}), 16, 64, rank);
                }),
                ops->cross_attention_scratch({.rows = 12,
                                              .longest_target = 6,
                                              .longest_source = length,
                                              .heads = heads,
                                              .width = 16,
                                              .states = 64,
                                              .rank = rank})
                    .bytes())
          << "cross attention to " << length << ", rank " << rank;
  for (const Index rows : {1, 60, 300, 600})
    for (const bool losses : {true, false})
      EXPECT_EQ(taken_by([&] { output_head(rows, 50, losses); }),
                ops->output_head_scratch({.rows = rows, .vocabulary = 50}).bytes())
          << "head of " << rows;
  for (const Index members : {3, 20})
    EXPECT_EQ(taken_by([&] { combine(members, 3); }),
              ops->combine_scratch({.members = members, .adapters = 3}).bytes());
}

TEST_P(ScratchOfOps, OfAdaptersInPlaceIsThatOfAllTheirRanksTogether) {
  const std::vector<LoraBlock> blocks = {weighted(90, 48, 24, 16, 7)};
  EXPECT_EQ(taken_by([&] { ops->lora(zeros(Element::f32, 90, 24), zeros(activation(), 90, 48), blocks); }),
            ops->lora_scratch({.rows = 90, .in = 48, .columns = 7 * 16}).bytes());
  const std::vector<LoraBlock> bypass = {weighted(12, 64, heads * 16, 16, 3)};
  EXPECT_EQ(taken_by([&] {
              cross_attention(packed({6, 6}), packed({8, 8}), 16, 64, bypass);
            }),
            ops->cross_attention_scratch({.rows = 12,
                                          .longest_target = 6,
                                          .longest_source = 8,
                                          .heads = heads,
                                          .width = 16,
                                          .states = 64,
                                          .rank = 3 * 16})
                .bytes());
}

TEST_P(ScratchOfOps, OfManyCallsIsTheLargestOfEachSlotAndNotTheirSum) {
  const auto all = [&] {
    lora(90, 48, 32);
    output_head(70, 50, true);
    attention(packed({9, 30}), 24);
    cross_attention(packed({5, 2}), packed({45, 20}), 16, 64, 16);
    cached_attention(7, 40, 24);
    combine(4, 3);
    lora(20, 64, 16);
    output_head(3, 50, false);
  };
  WorkspaceSize expected = ops->lora_scratch({.rows = 90, .in = 64, .columns = 32});
  expected.also(ops->output_head_scratch({.rows = 70, .vocabulary = 50}))
      .also(ops->attention_scratch({.rows = 39, .longest = 30, .heads = heads, .width = 24}))
      .also(ops->cross_attention_scratch({.rows = 7,
                                          .longest_target = 5,
                                          .longest_source = 45,
                                          .heads = heads,
                                          .width = 16,
                                          .states = 64,
                                          .rank = 16}))
      .also(ops->cached_attention_scratch({.rows = 7, .positions = 40, .heads = heads, .width = 24}))
      .also(ops->combine_scratch({.members = 4, .adapters = 3}));

  const std::size_t taken = taken_by(all);
  EXPECT_LE(taken, expected.bytes());
  EXPECT_GE(taken, expected.bytes() / 2);
  all();
  EXPECT_EQ(ops->scratch_bytes(), taken) << "what comes again takes nothing more";
}

TEST_P(ScratchOfOps, OfRaggedBatchesIsNoMoreThanIsSaidOfTheirLargestParts) {
  const Index in = 48, rows = 100;
  const std::vector<LoraBlock> blocks = {block(0, 30, in, 24, 16), block(30, 31, in, 24, 64),
                                         block(50, 100, in, 24, 32)};
  EXPECT_LE(taken_by([&] { ops->lora(zeros(Element::f32, rows, 24), zeros(activation(), rows, in), blocks); }),
            ops->lora_scratch({.rows = rows, .in = in, .columns = 64}).bytes());
  EXPECT_LE(taken_by([&] {
              cross_attention(packed({1, 20, 4}), packed({50, 3, 17}), 16, 64, 16);
            }),
            ops->cross_attention_scratch({.rows = 25,
                                          .longest_target = 20,
                                          .longest_source = 50,
                                          .heads = heads,
                                          .width = 16,
                                          .states = 64,
                                          .rank = 16})
                .bytes());
}

// What the device itself says, where nothing else takes memory from it meanwhile and it is dealt out to the byte.
TEST_P(ScratchOfOps, IsWhatTheDeviceHasLess) {
#ifdef LORASWEEP_CUDA_ON_HOST
  const View x = zeros(activation(), 300, 32), choices = zeros(Element::i32, 300, 1), y = zeros(Element::f32, 300, 24),
             q = zeros(Element::f32, 300, 2 * 16), states = zeros(activation(), 300, 64),
             context = zeros(activation(), 300, 2 * 16);
  const Projection head = pack(Matrix(50, 32));
  const std::vector<LoraBlock> blocks = {block(0, 300, 32, 24, 16)}, bypass = {block(0, 300, 64, 32, 16)};
  const Sequences one = packed({300});
  const std::vector<Index> source_of = {0};
  CrossProjections weights;
  for (Index h = 0; h < heads; ++h) {
    weights.key_transposed.push_back(pack(Matrix(64, 16)));
    weights.value.push_back(pack(Matrix(16, 64)));
  }
  const auto all = [&] {
    ops->argmax(choices, x, head);
    ops->lora(y, x, blocks);
    ops->cross_attention(context, q, states, one, one, source_of, weights, bypass, bypass);
    ops->wait_all();
  };
  all();  // tables are made, and stay
  ops->release();
  ops->wait_all();
  const std::size_t before = ops->free_memory().value();
  all();
  EXPECT_EQ(before - ops->free_memory().value(), ops->scratch_bytes());
  EXPECT_GT(ops->scratch_bytes(), 0u);
#else
  GTEST_SKIP() << "other devices deal memory out in larger pieces, or do not say";
#endif
}

INSTANTIATE_FOR_ALL_DEVICES(ScratchOfOps);

}  // namespace
}  // namespace lorasweep
