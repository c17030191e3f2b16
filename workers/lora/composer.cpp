// SPDX-License-Identifier: Apache-2.0
// Sums or stacks rows of the library, and finds the factors of a site in the result.
#include "workers/lora/composer.h"

#include "workers/ops/to_int32.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

View part(View row, Index offset, Index rows, Index cols, Index stride) {
  return {row.f32() + offset, Element::f32, rows, cols, stride};
}

}  // namespace

Composer::Composer(Ops& ops, const CompositionLayouts& layouts, std::shared_ptr<const std::byte> image)
    : ops_(ops), layouts_(layouts), image_(std::move(image)) {
  const AdapterLibrary& library = layouts_.library();
  factors_.groups_ = &library.groups();
  if (layouts_.composition() != Composition::lorahub) return;
  for (std::int32_t set = 0; set < layouts_.sets(); ++set)
    for (const std::int32_t adapter : layouts_.adapters(set))
      if (!(library.layout(adapter) == layouts_.layout(set)))
        throw std::invalid_argument("lorahub composition of adapters with different sites or ranks");
}

const ComposedFactors& Composer::compose(std::span<const MemberWeights> members) {
  take_members(members);
  if (layouts_.composition() == Composition::lorahub)
    combine(members);
  else
    stack(members);
  return factors_;
}

WorkspaceSize Composer::scratch(const ScratchSizes& ops, Composition composition, const CompositionShape& largest) {
  return composition == Composition::lorahub ? ops.combine_scratch(largest) : ops.stack_scratch(largest);
}

void Composer::take_members(std::span<const MemberWeights> members) {
  Index width = 0;
  factors_.layouts_.clear();
  for (const MemberWeights& member : members) {
    const FactorLayout& layout = layouts_.layout(member.adapter_set);
    const std::size_t adapters = layouts_.adapters(member.adapter_set).size();
    if (member.weights.size() != adapters)
      throw std::invalid_argument("a member has " + std::to_string(member.weights.size()) + " weights for " +
                                  std::to_string(adapters) + " adapters");
    factors_.layouts_.push_back(&layout);
    width = std::max(width, layout.size);
  }
  View rows{nullptr, Element::f32, std::ssize(members), width, width};
  if (rows.bytes() > capacity_) {
    release();  // first: the device may have no room for both
    factors_.memory_ = ops_.allocate(rows.bytes());
    capacity_ = rows.bytes();
  }
  rows.data = factors_.memory_.get();
  factors_.rows_ = rows;
}

void Composer::combine(std::span<const MemberWeights> members) {
  std::vector<std::vector<std::int32_t>> rows;
  std::vector<std::vector<float>> weights;
  for (const MemberWeights& member : members) {
    rows.push_back(layouts_.adapters(member.adapter_set));
    weights.emplace_back(member.weights.begin(), member.weights.end());
  }
  ops_.combine(factors_.rows_, layouts_.library().rows(image_.get()), rows, weights);
}

void Composer::stack(std::span<const MemberWeights> members) {
  std::map<std::int32_t, std::vector<std::int32_t>> members_of;  // of each adapter set
  for (std::int32_t m = 0; m < std::ssize(members); ++m) members_of[members[m].adapter_set].push_back(m);
  for (const auto& [set, rows] : members_of) {
    std::vector<std::vector<float>> weights;
    for (const std::int32_t m : rows) weights.emplace_back(members[m].weights.begin(), members[m].weights.end());
    ops_.stack(factors_.rows_, layouts_.library().rows(image_.get()), stacked_parts(set), rows, weights);
  }
}

void Composer::release() {
  factors_.memory_.reset();
  capacity_ = 0;
}

std::vector<StackedPart> Composer::stacked_parts(std::int32_t set) const {
  const AdapterLibrary& library = layouts_.library();
  const FactorLayout& layout = layouts_.layout(set);
  const std::vector<std::int32_t>& adapters = layouts_.adapters(set);
  std::vector<StackedPart> parts;
  for (std::size_t g = 0; g < layout.groups.size(); ++g) {
    const SiteGroup& group = library.groups().all()[g];
    const FactorLayout::Group& place = layout.groups[g];
    for (const FactorLayout::Term& term : place.terms) {
      const std::int32_t inputs = to_int32(group.in), outputs = to_int32(group.entries[term.entry].out);
      Index filled = 0;  // ranks of this site that earlier adapters took
      for (std::int32_t i = 0; i < std::ssize(adapters); ++i) {
        const FactorLayout::Group& from = library.layout(adapters[i]).groups[g];
        for (const FactorLayout::Term& own : from.terms) {
          if (own.entry != term.entry) continue;
          const std::int32_t rank = to_int32(own.rank);
          parts.push_back({.from = from.a_offset + own.first_rank,
                           .to = place.a_offset + term.first_rank + filled,
                           .from_stride = to_int32(from.columns),
                           .to_stride = to_int32(place.columns),
                           .rows = inputs,
                           .cols = rank,
                           .adapter = adapters[i]});
          parts.push_back({.from = own.b_offset,
                           .to = term.b_offset + filled * outputs,
                           .from_stride = outputs,
                           .to_stride = outputs,
                           .rows = rank,
                           .cols = outputs,
                           .adapter = adapters[i],
                           .weight = i});
          filled += rank;
        }
      }
    }
  }
  return parts;
}

std::vector<LoraBlock> ComposedFactors::blocks(Index group, const RowRanges& rows) const {
  std::vector<LoraBlock> blocks;
  const SiteGroup& sites = groups_->all()[group];
  for (std::size_t m = 0; m < layouts_.size(); ++m) {
    const FactorLayout::Group& place = layouts_[m]->groups[group];
    if (place.terms.empty() || rows[m].first == rows[m].second) continue;
    const View row = rows_.row_range(m, 1);
    LoraBlock block{.row_begin = rows[m].first,
                    .row_end = rows[m].second,
                    .a = part(row, place.a_offset, sites.in, place.columns, place.columns),
                    .terms = {}};
    for (const FactorLayout::Term& term : place.terms) {
      const SiteGroup::Entry& entry = sites.entries[term.entry];
      block.terms.push_back({.column = entry.column,
                             .out = entry.out,
                             .first_rank = term.first_rank,
                             .rank = term.rank,
                             .b = part(row, term.b_offset, term.rank, entry.out, entry.out)});
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

std::pair<Tensor, Tensor> ComposedFactors::site_factors(Ops& ops, Index member, int site) const {
  for (std::size_t g = 0; g < groups_->all().size(); ++g) {
    const SiteGroup& group = groups_->all()[g];
    for (const FactorLayout::Term& term : layouts_[member]->groups[g].terms) {
      const SiteGroup::Entry& entry = group.entries[term.entry];
      if (entry.site != site) continue;
      const FactorLayout::Group& place = layouts_[member]->groups[g];
      const View row = rows_.row_range(member, 1);
      std::vector<float> all_a(group.in * place.columns), own_b(term.rank * entry.out);
      ops.download(all_a.data(), part(row, place.a_offset, group.in, place.columns, place.columns));
      ops.download(own_b.data(), part(row, term.b_offset, term.rank, entry.out, entry.out));
      ops.wait_all();
      Tensor a{{term.rank, group.in}, {}}, b{{entry.out, term.rank}, {}};
      for (Index r = 0; r < term.rank; ++r)
        for (Index k = 0; k < group.in; ++k) a.values.push_back(all_a[k * place.columns + term.first_rank + r]);
      for (Index o = 0; o < entry.out; ++o)
        for (Index r = 0; r < term.rank; ++r) b.values.push_back(own_b[r * entry.out + o]);
      return {std::move(a), std::move(b)};
    }
  }
  return {};
}

}  // namespace lorasweep
