// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/greedy_decoder.h"

#include <algorithm>
#include <numeric>

namespace lorasweep {
namespace {

constexpr int first_capacity = 16;               // positions: most answers are a few tokens
constexpr std::int32_t encoder_rows_at_once = 4096;  // bounds the encoder's intermediate matrices, whatever the number of sources

}  // namespace

View GreedyDecoder::upload_ids(std::span<const std::int32_t> ids) {
  const View out = slot(Slot::ids, Element::i32, static_cast<std::int64_t>(ids.size()), 1);
  ops_.upload(out, ids.data());
  return out;
}

void GreedyDecoder::encode(View states, std::span<const TokenIds* const> sources, const Sequences& packed, const ComposedFactors* factors) {
  for (int first = 0; first < packed.count();) {
    Sequences part;
    std::vector<std::int32_t> ids;
    int next = first;
    do {
      ids.insert(ids.end(), sources[next]->begin(), sources[next]->end());
      part.offsets.push_back(static_cast<std::int32_t>(ids.size()));
      ++next;
    } while (next < packed.count() && part.rows() + packed.length(next) <= encoder_rows_at_once);
    network_.encode(states.row_range(packed.begin(first), part.rows()), upload_ids(ids), part, {factors, {{0, part.rows()}}});
    first = next;
  }
}

void GreedyDecoder::grow_caches(std::vector<DecoderCache>& caches, std::int64_t slots, int capacity) {
  const int width = 2 * network_.config().inner();
  std::vector<std::shared_ptr<std::byte>> memory;
  for (DecoderCache& cache : caches) {
    memory.push_back(ops_.allocate(static_cast<std::size_t>(slots) * capacity * width * sizeof(float)));
    const DecoderCache larger{{memory.back().get(), Element::f32, slots * capacity, width, width}, capacity};
    for (std::int64_t s = 0; s < slots && cache.capacity > 0; ++s)
      ops_.scale_copy(larger.rows.row_range(s * capacity, cache.capacity), cache.rows.row_range(s * cache.capacity, cache.capacity), 1.0f);
    cache = larger;
  }
  cache_memory_ = std::move(memory);
}

std::vector<TokenIds> GreedyDecoder::decode(std::span<const TokenIds* const> sources, const ComposedFactors* factors,
                                            std::int32_t max_new_tokens) {
  const T5Config& config = network_.config();
  Sequences packed;
  for (const TokenIds* source : sources) packed.offsets.push_back(packed.rows() + static_cast<std::int32_t>(source->size()));
  const View states = slot(Slot::states, ops_.activation(), packed.rows(), config.d_model);
  encode(states, sources, packed, factors);

  std::vector<TokenIds> generated(sources.size());
  std::vector<std::int32_t> alive(sources.size());  // the sequences that have not ended; their number is their cache slot
  std::iota(alive.begin(), alive.end(), 0);
  std::vector<DecoderCache> caches(config.decoder_layers);
  for (std::int32_t step = 0; step < max_new_tokens && !alive.empty(); ++step) {
    if (step >= caches.front().capacity)
      grow_caches(caches, static_cast<std::int64_t>(sources.size()),
                  std::min<int>(std::max(first_capacity, 2 * caches.front().capacity), max_new_tokens));
    std::vector<std::int32_t> last;
    for (const std::int32_t s : alive) last.push_back(step == 0 ? config.decoder_start_token : generated[s].back());
    const std::vector<std::int32_t> positions(alive.size(), step);
    const auto rows = static_cast<std::int32_t>(alive.size());
    const View out = network_.decode_step(upload_ids(last), caches, alive, positions, {states, &packed, alive}, {factors, {{0, rows}}});
    const View next = slot(Slot::next, Element::i32, rows, 1);
    network_.argmax(next, out);
    ops_.download(last.data(), next);
    ops_.wait_all();
    for (std::int32_t i = 0; i < rows; ++i) generated[alive[i]].push_back(last[i]);
    std::erase_if(alive, [&](std::int32_t s) { return generated[s].back() == config.end_token; });
  }
  cache_memory_.clear();
  return generated;
}

}  // namespace lorasweep
