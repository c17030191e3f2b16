// SPDX-License-Identifier: Apache-2.0
// Token by token, until every answer has ended.
#include "workers/engine/greedy_decoder.h"

#include <algorithm>
#include <numeric>

namespace lorasweep {

std::vector<TokenIds> GreedyDecoder::decode(std::span<const TokenIds* const> prompts, const ComposedMembers& members,
                                            Index max_new_tokens) {
  std::vector<TokenIds> generated(prompts.size());
  if (prompts.empty() || max_new_tokens <= 0) return generated;
  // the sequences that have not ended; their number is their slot
  std::vector<Index> alive(prompts.size());
  std::iota(alive.begin(), alive.end(), Index{0});
  const bool watches_texts = stop_texts_ != nullptr && !stop_texts_->empty();
  std::vector<StopTexts::Tail> tails(watches_texts ? prompts.size() : 0);
  View rows = model_.prefill(prompts, members, max_new_tokens);
  for (Index token = 0;; ++token) {
    const View next = workspace_.matrix(0, Element::i32, rows.rows, 1);
    std::vector<std::int32_t> last(alive.size());
    model_.tokens(next, rows);
    ops_.download(last.data(), next);
    ops_.wait_all();
    for (std::size_t i = 0; i < alive.size(); ++i) generated[alive[i]].push_back(last[i]);
    const auto ended = [&](Index slot) {
      return std::ranges::find(stop_tokens_, generated[slot].back()) != stop_tokens_.end() ||
             (watches_texts && stop_texts_->end(generated[slot], tails[slot]));
    };
    std::erase_if(alive, ended);
    if (alive.empty() || token + 1 == max_new_tokens) break;
    last.clear();
    for (const Index slot : alive) last.push_back(generated[slot].back());
    rows = model_.step(alive, last);
  }
  model_.end_answers();
  return generated;
}

}  // namespace lorasweep
