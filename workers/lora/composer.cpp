// SPDX-License-Identifier: Apache-2.0
// Sums rows of the library, or says which of them count; finds the factors of a site in either.
#include "workers/lora/composer.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

namespace lorasweep {
namespace {

View part(View row, Index offset, Index rows, Index cols, Index stride) {
  return {row.f32() + offset, Element::f32, rows, cols, stride};
}

}  // namespace

Composer::Composer(Ops& ops, const AdapterLibrary& library, Composition composition,
                   std::shared_ptr<const std::byte> image)
    : ops_(ops), library_(library), composition_(composition), image_(std::move(image)) {
  factors_.library_ = &library_;
}

const ComposedFactors& Composer::compose(std::span<const MemberWeights> members) {
  for (const MemberWeights& member : members) check(member);
  factors_.members_.clear();
  if (composition_ == Composition::lorahub)
    sum(members);
  else
    choose(members);
  return factors_;
}

std::string Composer::layout_key(std::span<const std::int32_t> adapters) const {
  std::string key;
  for (const std::int32_t adapter : adapters) {
    key.append(",").append(std::to_string(library_.layout_id(adapter)));
    if (composition_ == Composition::lorahub) break;  // the sum is laid out as each of them
  }
  return key;
}

WorkspaceSize Composer::scratch(const ScratchSizes& ops, Composition composition, const CompositionShape& largest) {
  return composition == Composition::lorahub ? ops.combine_scratch(largest) : WorkspaceSize();
}

void Composer::check(const MemberWeights& member) const {
  if (member.weights.size() != member.adapters.size())
    throw std::invalid_argument("a member has " + std::to_string(member.weights.size()) + " weights for " +
                                std::to_string(member.adapters.size()) + " adapters");
  for (const std::int32_t adapter : member.adapters)
    if (adapter < 0 || adapter >= library_.size())
      throw std::out_of_range("adapter " + std::to_string(adapter) + " of a library of " +
                              std::to_string(library_.size()));
  if (composition_ != Composition::lorahub) return;
  for (const std::int32_t adapter : member.adapters)
    if (library_.layout_id(adapter) != library_.layout_id(member.adapters.front()))
      throw std::invalid_argument("lorahub composition of adapters with different sites or ranks");
}

std::byte* Composer::make_room(std::size_t bytes) {
  if (bytes > capacity_) {
    release();  // first: the device may have no room for both
    factors_.memory_ = ops_.allocate(bytes);
    capacity_ = bytes;
  }
  return factors_.memory_.get();
}

void Composer::sum(std::span<const MemberWeights> members) {
  Index width = 0;
  for (const MemberWeights& member : members)
    if (!member.adapters.empty()) width = std::max(width, library_.layout(member.adapters.front()).size);
  View out{nullptr, Element::f32, std::ssize(members), width, width};
  out.data = make_room(out.bytes());
  std::vector<std::vector<std::int32_t>> rows;
  std::vector<std::vector<float>> weights;
  for (const MemberWeights& member : members) {
    ComposedFactors::Member& composed = factors_.members_.emplace_back();
    if (!member.adapters.empty())
      composed.parts.push_back({&library_.layout(member.adapters.front()), out.row_range(std::ssize(rows), 1), 1});
    rows.emplace_back(member.adapters.begin(), member.adapters.end());
    weights.emplace_back(member.weights.begin(), member.weights.end());
  }
  factors_.rows_ = out;
  ops_.combine(out, library_.rows(image_.get()), rows, weights);
}

void Composer::choose(std::span<const MemberWeights> members) {
  const View library = library_.rows(image_.get());
  std::vector<WeightedRow> chosen;
  std::vector<std::size_t> first;
  for (const MemberWeights& member : members) {
    first.push_back(chosen.size());
    ComposedFactors::Member& composed = factors_.members_.emplace_back();
    for (std::size_t i = 0; i < member.adapters.size(); ++i) {
      const std::int32_t adapter = member.adapters[i];
      chosen.push_back({adapter, static_cast<float>(member.weights[i])});
      composed.parts.push_back({&library_.layout(adapter), library.row_range(adapter, 1), chosen.back().weight});
    }
  }
  factors_.rows_ = library;
  if (chosen.empty()) return;
  static_assert(sizeof(WeightedRow) == 2 * sizeof(std::int32_t));
  View table{nullptr, Element::i32, std::ssize(chosen), 2, 2};
  table.data = make_room(table.bytes());
  ops_.upload(table, chosen.data());
  for (std::size_t m = 0; m < members.size(); ++m)
    factors_.members_[m].chosen = table.as<const WeightedRow>() + first[m];
}

void Composer::release() {
  factors_.memory_.reset();
  capacity_ = 0;
}

std::vector<LoraBlock> ComposedFactors::blocks(Index group, const RowRanges& rows) const {
  std::vector<LoraBlock> blocks;
  const SiteGroup& sites = library_->groups().all()[group];
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (rows[m].first == rows[m].second) continue;
    LoraBlock block{rows[m].first, rows[m].second, {}, rows_.stride};
    for (std::size_t p = 0; p < members_[m].parts.size(); ++p) {
      const Part& own = members_[m].parts[p];
      const FactorLayout::Group& place = own.layout->groups[group];
      if (place.terms.empty()) continue;
      const bool in_place = members_[m].chosen != nullptr;
      const View row = in_place ? rows_.row_range(0, 1) : own.row;
      LoraSegment& segment = block.segments.emplace_back();
      segment.a = part(row, place.a_offset, sites.in, place.columns, place.columns);
      segment.chosen = in_place ? members_[m].chosen + p : nullptr;
      for (const FactorLayout::Term& term : place.terms) {
        const SiteGroup::Entry& entry = sites.entries[term.entry];
        segment.terms.push_back({.column = entry.column,
                                 .out = entry.out,
                                 .first_rank = term.first_rank,
                                 .rank = term.rank,
                                 .b = part(row, term.b_offset, term.rank, entry.out, entry.out)});
      }
    }
    if (!block.segments.empty()) blocks.push_back(std::move(block));
  }
  return blocks;
}

std::pair<Tensor, Tensor> ComposedFactors::site_factors(Ops& ops, Index member, int site) const {
  Tensor a, b;
  std::vector<std::vector<float>> b_rows;  // transposed: of each rank
  for (std::size_t g = 0; g < library_->groups().all().size(); ++g) {
    const SiteGroup& group = library_->groups().all()[g];
    for (const Part& own : members_[member].parts)
      for (const FactorLayout::Group& place = own.layout->groups[g]; const FactorLayout::Term& term : place.terms) {
        const SiteGroup::Entry& entry = group.entries[term.entry];
        if (entry.site != site) continue;
        std::vector<float> all_a(group.in * place.columns), own_b(term.rank * entry.out);
        ops.download(all_a.data(), part(own.row, place.a_offset, group.in, place.columns, place.columns));
        ops.download(own_b.data(), part(own.row, term.b_offset, term.rank, entry.out, entry.out));
        ops.wait_all();
        for (Index r = 0; r < term.rank; ++r) {
          for (Index k = 0; k < group.in; ++k) a.values.push_back(all_a[k * place.columns + term.first_rank + r]);
          std::vector<float>& row = b_rows.emplace_back();
          for (Index o = 0; o < entry.out; ++o) row.push_back(own.weight * own_b[r * entry.out + o]);
        }
        a.shape = {std::ssize(b_rows), group.in};
        b.shape = {entry.out, std::ssize(b_rows)};
      }
  }
  for (Index o = 0; !b_rows.empty() && o < b.shape[0]; ++o)
    for (const std::vector<float>& row : b_rows) b.values.push_back(row[o]);
  return {std::move(a), std::move(b)};
}

}  // namespace lorasweep
