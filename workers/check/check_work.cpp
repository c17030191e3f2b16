// SPDX-License-Identifier: Apache-2.0
// One pass through something like an encoder and a decoder, with weights that are made here.
#include "workers/check/check_work.h"

#include "workers/check/check_matrices.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr Index width = 128, heads = 2, hidden = 200, rank = 16, vocabulary = 203, reach = 127;
constexpr double epsilon = 1e-6;

class CheckWork : CheckMatrices {
 public:
  explicit CheckWork(Ops& ops) : CheckMatrices(ops) {}

  std::string results(Composition composition) {
    add_passes();
    if (composition == Composition::exact) add_segments();
    return std::move(results_);
  }

 private:
  void add_passes() {
    const Sequences sources = lying_end_to_end({70, 9, 33}), targets = lying_end_to_end({5, 1, 18});
    const std::vector<Index> source_of = {0, 1, 2};
    View rows = embedded(sources.rows());
    attend(rows, sources, Mask::none);
    feed_forward(rows, Activation::gated_gelu);
    const View states = normed(rows);

    View answer = embedded(targets.rows());
    attend(answer, targets, Mask::causal);
    attend_to_sources(answer, states, targets, sources, source_of);
    feed_forward(answer, Activation::relu);
    const View last = normed(answer);
    const Projection head = map(width, vocabulary);
    const View nll = empty(Element::f64, targets.rows(), 1), best = empty(Element::i32, targets.rows(), 1);
    ops_.target_nll(nll, last, head, ids(targets.rows(), vocabulary));
    ops_.argmax(best, last, head);
    add(nll);
    add(best);
    add_decoding_steps();
  }
  View embedded(Index rows) {
    const View out = empty(Element::f32, rows, width);
    ops_.embed(out, filled(vocabulary, width, 1), ids(rows, vocabulary));
    return out;
  }
  View normed(View rows) {
    const View out = empty(ops_.activation(), rows.rows, width);
    ops_.rms_norm(out, rows, filled(1, width, 1), epsilon);
    return out;
  }
  View linear(View x, Index out) {
    const View y = empty(Element::f32, x.rows, out);
    ops_.linear(y, x, map(x.cols, out), Accumulate::no);
    return y;
  }
  // Adapters of a library as they are summed: both, or the second alone.
  enum class Summed { both, second };
  View composed(Index size, Summed what) {
    const View out = empty(Element::f32, 1, size), library = filled(2, size, 0.25f);
    const bool both = what == Summed::both;
    const std::vector<std::vector<std::int32_t>> rows = {both ? std::vector{0, 1} : std::vector{1}};
    const std::vector<std::vector<float>> weights = {both ? std::vector{0.75f, -0.3f} : std::vector{-0.3f}};
    ops_.combine(out, library, rows, weights);
    return out;
  }
  // Of the map to columns [column, column + width).
  LoraBlock bypass(Index rows, Index column, Summed what) {
    const Index size = width * rank;
    const View factors = composed(2 * size, what), scaled = empty(Element::f32, 1, size);
    ops_.scale_copy(scaled, factors.columns(size, size), 0.6f);
    const View a{factors.data, Element::f32, width, rank, rank}, b{scaled.data, Element::f32, rank, width, width};
    return {0, rows, {{a, {{column, width, 0, rank, b}}}}};
  }
  // Three adapters where they lie in a library, of ranks that differ; the first changes two maps.
  LoraBlock weighted_bypass(Index rows) {
    const std::vector<Index> ranks = {8, rank, 5};
    const Index columns = 2 * rank, size = width * columns, stride = size + 2 * rank * width;
    const View library = filled(4, stride, 0.25f), chosen = empty(Element::i32, 3, 2);
    const std::vector<WeightedRow> table = {{2, 0.75f}, {0, -0.3f}, {3, 1.1f}};
    ops_.upload(chosen, table.data());
    ops_.wait_all();
    LoraBlock block{0, rows, {}, stride};
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const auto b = [&](Index place) {
        return View{library.f32() + size + place * rank * width, Element::f32, ranks[i], width, width};
      };
      LoraSegment& segment = block.segments.emplace_back();
      segment.a = {library.data, Element::f32, width, columns, columns};
      segment.chosen = chosen.as<const WeightedRow>() + i;
      segment.terms.push_back({width, width, 0, ranks[i], b(0)});
      if (i == 0) segment.terms.push_back({0, width, rank, ranks[i], b(1)});
    }
    return block;
  }
  void add_segments() {
    const Sequences sources = lying_end_to_end({70, 33}), targets = lying_end_to_end({5, 18});
    const View states = normed(embedded(sources.rows())), y = filled(sources.rows(), 2 * width, 1);
    ops_.lora(y, states, std::vector{weighted_bypass(sources.begin(1))});
    add(y);
    LoraBlock own = weighted_bypass(targets.rows());
    own.segments.front().terms.pop_back();
    for (LoraSegment& segment : own.segments) segment.terms.front().column = 0;
    add(cross_attended(filled(targets.rows(), width, 1), states, targets, sources, {0, 1}, {own}));
  }
  void attend(View rows, const Sequences& sequences, Mask mask) {
    const View x = normed(rows), qkv = linear(x, 3 * width), context = empty(ops_.activation(), rows.rows, width);
    ops_.lora(qkv, x,
              std::vector{bypass(sequences.begin(1), width, mask == Mask::none ? Summed::both : Summed::second)});
    const RelativeBiasTable bias{filled(heads, 2 * reach + 1, 1), reach};
    ops_.attention(context, qkv.columns(0, width), qkv.columns(width, width), qkv.columns(2 * width, width), sequences,
                   heads, bias, mask);
    ops_.linear(rows, context, map(width, width), Accumulate::yes);
  }
  void attend_to_sources(View rows, View states, const Sequences& targets, const Sequences& sources,
                         const std::vector<Index>& source_of) {
    const View q = linear(normed(rows), width);
    const View context = cross_attended(q, states, targets, sources, source_of, {});
    ops_.linear(rows, context, map(width, width), Accumulate::yes);
  }
  View cross_attended(View q, View states, const Sequences& targets, const Sequences& sources,
                      const std::vector<Index>& source_of, const std::vector<LoraBlock>& bypass) {
    const View context = empty(ops_.activation(), q.rows, width);
    CrossProjections weights;
    for (Index head = 0; head < heads; ++head) {
      weights.key_transposed.push_back(map(width / heads, width));
      weights.value.push_back(map(width, width / heads));
    }
    ops_.cross_attention(context, q, states, targets, sources, source_of, weights, bypass, bypass);
    return context;
  }
  void feed_forward(View rows, Activation activation) {
    const View inner = linear(normed(rows), activation == Activation::relu ? hidden : 2 * hidden);
    const View active = empty(ops_.activation(), rows.rows, hidden);
    ops_.activate(active, inner, activation);
    ops_.linear(rows, active, map(hidden, width), Accumulate::yes);
  }
  // Two sequences, three tokens each.
  void add_decoding_steps() {
    constexpr Index capacity = 16;
    const std::vector<Index> slots = {0, 1};
    const DecoderCache cache{empty(Element::f32, 2 * capacity, 2 * width), capacity};
    const RelativeBiasTable bias{filled(heads, 2 * reach + 1, 1), reach};
    for (Index position = 0; position < 3; ++position) {
      const View context = empty(ops_.activation(), 2, width);
      ops_.cached_attention(context, filled(2, 3 * width, 1), cache, slots, std::vector{position, position}, heads,
                            bias);
      add(linear(context, width));
    }
  }
};

}  // namespace

std::string pack_check_work(const Packing& packing) {
  std::string all;
  for (const auto& [in, out] : {std::pair{width, 3 * width}, {hidden, width}, {width, vocabulary}}) {
    const std::vector<CheckLine> packed = packed_check_map(packing, in, out, 1);
    all.append(reinterpret_cast<const char*>(packed.data()), packed.size() * sizeof(CheckLine));
  }
  return all;
}

std::string compute_check_work(Ops& ops, Composition composition) { return CheckWork(ops).results(composition); }

}  // namespace lorasweep
