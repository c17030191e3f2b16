// SPDX-License-Identifier: Apache-2.0
// Something like two layers of a decoder-only network: whole sequences, then steps over a cache that they filled.
#include "workers/check/check_matrices.h"
#include "workers/check/check_work.h"

#include <vector>

namespace lorasweep {
namespace {

constexpr Index width = 32, positions = 96, vocabulary = 203, hidden = 200, capacity = 80, larger = 96;
constexpr HeadGroups groups{.heads = 4, .key_heads = 2, .width = width, .scale = 0.17f, .window = 0};

class RotaryCheckWork : CheckMatrices {
 public:
  RotaryCheckWork(Ops& ops, RotaryOps& rotary) : CheckMatrices(ops), rotary_(rotary) {}

  std::string results() {
    for (const Index window : {Index{0}, Index{21}}) {
      HeadGroups own = groups;
      own.window = window;
      add_layer(own);
    }
    return std::move(results_);
  }

 private:
  // Heads with norms of their own where there is a window.
  void add_layer(const HeadGroups& own) {
    const Sequences sequences = lying_end_to_end({70, 9, 1});
    const std::vector<Index> slots = {1, 0, 2};
    const RotaryTable table{filled(positions, width / 2, 1), filled(positions, width / 2, 1)};
    const HeadNorms norms = own.window == 0 ? HeadNorms{} : HeadNorms{filled(1, width, 1), filled(1, width, 1), 1e-6};
    const View qkv = filled(sequences.rows(), own.all(), 1),
               context = empty(ops_.activation(), qkv.rows, own.queries());
    rotary_.add_bias(qkv, filled(1, own.all(), 1));
    std::vector<Index> places;
    for (Index s = 0; s < sequences.count(); ++s)
      for (Index i = 0; i < sequences.length(s); ++i) places.push_back(i);
    rotary_.rotate(qkv, places, table, own, norms);
    rotary_.grouped_attention(context, qkv, sequences, own);
    const DecoderCache cache = new_cache(own, capacity), grown = new_cache(own, larger);
    rotary_.fill_cache(cache, qkv, sequences, slots, own);
    rotary_.copy_cache(grown, cache);
    add_head(context, {qkv.rows - 1, 0, 40});
    for (Index step = 0; step < 2; ++step) add_step(grown, {9 + step, 70 + step}, own);
  }
  DecoderCache new_cache(const HeadGroups& own, Index of) {
    return {empty(ops_.activation(), 3 * of, 2 * own.keys()), of};
  }
  // Of two of the slots.
  void add_step(const DecoderCache& cache, const std::vector<Index>& places, const HeadGroups& own) {
    const View context = empty(ops_.activation(), 2, own.queries());
    rotary_.grouped_step(context, filled(2, own.all(), 1), cache, std::vector<Index>{0, 1}, places, own);
    add(context);
  }
  void add_head(View context, const std::vector<Index>& rows) {
    const View inner = empty(Element::f32, context.rows, 2 * hidden),
               active = empty(ops_.activation(), context.rows, hidden);
    ops_.linear(inner, context, map(context.cols, 2 * hidden), Accumulate::no);
    ops_.activate(active, inner, Activation::gated_silu);
    const View logits = empty(Element::f32, context.rows, vocabulary);
    ops_.linear(logits, active, map(hidden, vocabulary), Accumulate::no);
    const View some = empty(Element::f32, std::ssize(rows), vocabulary);
    rotary_.gather(some, logits, rows);
    const View nll = empty(Element::f64, some.rows, 1), best = empty(Element::i32, some.rows, 1);
    rotary_.nll_of_logits(nll, some, ids(some.rows, vocabulary));
    rotary_.argmax_of_logits(best, some);
    for (const View view : {some, nll, best}) add(view);
  }

  RotaryOps& rotary_;
};

}  // namespace

std::string compute_rotary_check_work(Ops& ops) {
  RotaryOps* const rotary = ops.rotary();
  return rotary == nullptr ? "" : RotaryCheckWork(ops, *rotary).results();
}

}  // namespace lorasweep
