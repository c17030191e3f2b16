// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/greedy_decoder.h"

#include <algorithm>
#include <numeric>

namespace lorasweep {
namespace {

// All positions of a slot as one row, of which the first `positions` are seen.
View slots_as_rows(const DecoderCache& cache, std::int64_t slots, std::int64_t positions) {
  const std::int64_t width = cache.rows.cols;
  return {cache.rows.data, Element::f32, slots, positions * width, cache.capacity * width};
}

// The members' rows of a matrix whose rows belong to sources: `row_of` says where the first row of a source, or of the
// next one there, is.
template <typename RowOf>
Bypass bypass_of(const GreedyDecoder::Answering& members, RowOf row_of) {
  Bypass bypass{members.factors, {}};
  for (const auto& [first, last] : members.sources) bypass.rows.emplace_back(row_of(first), row_of(last));
  return bypass;
}

}  // namespace

View GreedyDecoder::upload_ids(std::span<const std::int32_t> ids) {
  const View out = slot(Slot::ids, Element::i32, static_cast<std::int64_t>(ids.size()), 1);
  ops_.upload(out, ids.data());
  return out;
}

void GreedyDecoder::encode(View states, std::span<const TokenIds* const> sources, const Sequences& packed,
                           const Answering& members) {
  for (int first = 0; first < packed.count();) {
    Sequences part;
    std::vector<std::int32_t> ids;
    int next = first;
    do {
      ids.insert(ids.end(), sources[next]->begin(), sources[next]->end());
      part.offsets.push_back(static_cast<std::int32_t>(ids.size()));
      ++next;
    } while (next < packed.count() && part.rows() + packed.length(next) <= encoder_rows_);
    const auto row_of = [&](std::int32_t source) { return part.begin(std::clamp(source, first, next) - first); };
    network_.encode(states.row_range(packed.begin(first), part.rows()), upload_ids(ids), part,
                    bypass_of(members, row_of));
    first = next;
  }
}

void GreedyDecoder::release() {
  workspace_.release();
  caches_.clear();
  cache_memory_.clear();
  grown_memory_.clear();
  slots_kept_ = 0;
}

void GreedyDecoder::open_caches(std::int64_t slots) {
  const int width = 2 * network_.config().inner();
  grown_memory_.clear();  // of a call that did not come to its end
  if (slots > slots_kept_) {
    cache_memory_.clear();
    slots_kept_ = 0;
    for (int layer = 0; layer < network_.config().decoder_layers; ++layer)
      cache_memory_.push_back(ops_.allocate(static_cast<std::size_t>(slots) * first_capacity * width * sizeof(float)));
    slots_kept_ = slots;
  }
  caches_.clear();
  for (const auto& memory : cache_memory_)
    caches_.push_back({{memory.get(), Element::f32, slots * first_capacity, width, width}, first_capacity});
}

void GreedyDecoder::grow_caches(std::int64_t slots, int capacity) {
  const int width = 2 * network_.config().inner();
  grown_memory_.resize(caches_.size());
  // One after the other: only one layer is there twice at a time. Those for short answers stay: giving back what is
  // older than a device's records would make it forget them.
  for (std::size_t layer = 0; layer < caches_.size(); ++layer) {
    std::shared_ptr<std::byte> memory =
        ops_.allocate(static_cast<std::size_t>(slots) * capacity * width * sizeof(float));
    DecoderCache& cache = caches_[layer];
    const DecoderCache larger{{memory.get(), Element::f32, slots * capacity, width, width}, capacity};
    ops_.scale_copy(slots_as_rows(larger, slots, cache.capacity), slots_as_rows(cache, slots, cache.capacity), 1.0f);
    cache = larger;
    grown_memory_[layer] = std::move(memory);
  }
}

std::vector<TokenIds> GreedyDecoder::decode(std::span<const TokenIds* const> sources, const Answering& members,
                                            std::int32_t max_new_tokens) {
  const T5Config& config = network_.config();
  Sequences packed;
  for (const TokenIds* source : sources)
    packed.offsets.push_back(packed.rows() + static_cast<std::int32_t>(source->size()));
  const View states = slot(Slot::states, ops_.activation(), packed.rows(), config.d_model);
  encode(states, sources, packed, members);

  std::vector<TokenIds> generated(sources.size());
  // the sequences that have not ended; their number is their cache slot
  std::vector<std::int32_t> alive(sources.size());
  std::iota(alive.begin(), alive.end(), 0);
  const auto slots = static_cast<std::int64_t>(sources.size());
  for (std::int32_t step = 0; step < max_new_tokens && !alive.empty(); ++step) {
    if (step == 0)
      open_caches(slots);
    else if (step == caches_.front().capacity)
      grow_caches(slots, std::min(2 * caches_.front().capacity, max_new_tokens));
    std::vector<std::int32_t> last;
    for (const std::int32_t s : alive) last.push_back(step == 0 ? config.decoder_start_token : generated[s].back());
    const std::vector<std::int32_t> positions(alive.size(), step);
    const auto rows = static_cast<std::int32_t>(alive.size());
    const auto row_of = [&](std::int32_t source) {
      return static_cast<std::int32_t>(std::ranges::lower_bound(alive, source) - alive.begin());
    };
    const View out = network_.decode_step(upload_ids(last), caches_, alive, positions, {states, &packed, alive},
                                          bypass_of(members, row_of));
    const View next = slot(Slot::next, Element::i32, rows, 1);
    network_.argmax(next, out);
    ops_.download(last.data(), next);
    ops_.wait_all();
    for (std::int32_t i = 0; i < rows; ++i) generated[alive[i]].push_back(last[i]);
    std::erase_if(alive, [&](std::int32_t s) { return generated[s].back() == config.end_token; });
  }
  grown_memory_.clear();
  return generated;
}

}  // namespace lorasweep
