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

// Of all adapters of a member that are summed; null: of the base model.
const FactorLayout* layout_of(const AdapterLibrary& library, const MemberWeights& member) {
  return member.adapters.empty() ? nullptr : &library.layout(member.adapters.front());
}

// The members' sums of these columns, with the weights of a place.
void combine(CompositionOps& ops, View out, View library, std::span<const MemberWeights> members, int place) {
  std::vector<std::vector<std::int32_t>> rows;
  std::vector<std::vector<float>> weights;
  for (const MemberWeights& member : members) {
    rows.emplace_back(member.adapters.begin(), member.adapters.end());
    std::vector<float>& own = weights.emplace_back();
    for (std::size_t i = 0; i < member.adapters.size(); ++i) own.push_back(member.weight(i, place));
  }
  ops.combine(out, library, rows, weights);
}

// Terms of a block whose factors lie in `row`.
LoraSegment segment_of(const SiteGroup& sites, const FactorLayout::Block& block, View row) {
  LoraSegment segment{.a = part(row, block.a_offset, sites.in, block.columns, block.columns), .terms = {}};
  for (const FactorLayout::Term& term : block.terms) {
    const SiteGroup::Entry& entry = sites.entries[term.entry];
    segment.terms.push_back({.column = entry.column,
                             .out = entry.out,
                             .first_rank = term.first_rank,
                             .rank = term.rank,
                             .b = part(row, term.b_offset, term.rank, entry.out, entry.out)});
  }
  return segment;
}

}  // namespace

float MemberWeights::weight(std::size_t adapter, int place) const {
  const std::size_t places = weights.size() / adapters.size();
  return static_cast<float>(places == 1 ? weights[adapter] : weights[adapter * places + place]);
}

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
  const std::size_t adapters = member.adapters.size(), places = library_.groups().places();
  if (member.weights.size() != adapters && member.weights.size() != adapters * places)
    throw std::invalid_argument("a member has " + std::to_string(member.weights.size()) + " weights for " +
                                std::to_string(adapters) + " adapters of " + std::to_string(places) + " places");
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
  for (std::size_t m = 0; m < members.size(); ++m) {
    ComposedFactors::Member& composed = factors_.members_.emplace_back();
    if (!members[m].adapters.empty())
      composed.parts.push_back(
          {.layout = &library_.layout(members[m].adapters.front()), .row = out.row_range(m, 1), .weights = {}});
  }
  factors_.rows_ = out;
  const bool one_place = std::ranges::all_of(
      members, [](const MemberWeights& member) { return member.weights.size() == member.adapters.size(); });
  if (one_place) return combine(ops_, out, library_.rows(image_.get()), members, 0);
  for (std::size_t first = 0; first < members.size();) {
    std::size_t next = first + 1;
    while (next < members.size() && layout_of(library_, members[next]) == layout_of(library_, members[first])) ++next;
    sum_by_place(out.row_range(first, next - first), members.subspan(first, next - first));
    first = next;
  }
}

// Members of one layout, in which the floats of a place lie together.
void Composer::sum_by_place(View out, std::span<const MemberWeights> members) {
  const FactorLayout* layout = layout_of(library_, members.front());
  if (layout == nullptr) return;
  const View library = library_.rows(image_.get());
  Index begin = 0;
  for (int place = 0; place < library_.groups().places(); ++place) {
    const Index end = layout->place_ends[place];
    if (end > begin)
      combine(ops_, out.columns(begin, end - begin), library.columns(begin, end - begin), members, place);
    begin = end;
  }
}

void Composer::choose(std::span<const MemberWeights> members) {
  const View library = library_.rows(image_.get());
  const int places = library_.groups().places();
  std::vector<WeightedRow> chosen;
  for (const MemberWeights& member : members) {
    ComposedFactors::Member& composed = factors_.members_.emplace_back();
    composed.in_place = true;
    for (std::size_t i = 0; i < member.adapters.size(); ++i) {
      const std::int32_t adapter = member.adapters[i];
      ComposedFactors::Part& own = composed.parts.emplace_back();
      own.layout = &library_.layout(adapter);
      own.row = library.row_range(adapter, 1);
      for (int place = 0; place < places; ++place) {
        own.weights.push_back(member.weight(i, place));
        chosen.push_back({adapter, own.weights.back()});
      }
    }
  }
  factors_.rows_ = library;
  if (chosen.empty()) return;
  static_assert(sizeof(WeightedRow) == 2 * sizeof(std::int32_t));
  View table{nullptr, Element::i32, std::ssize(chosen), 2, 2};
  table.data = make_room(table.bytes());
  ops_.upload(table, chosen.data());
  const auto* next = table.as<const WeightedRow>();
  for (ComposedFactors::Member& member : factors_.members_)
    for (ComposedFactors::Part& own : member.parts) {
      own.chosen = next;
      next += places;
    }
}

void Composer::release() {
  factors_.memory_.reset();
  capacity_ = 0;
}

std::vector<LoraBlock> ComposedFactors::blocks(Index group, const RowRanges& rows) const {
  std::vector<LoraBlock> blocks;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (rows[m].first == rows[m].second) continue;
    if (members_[m].in_place)
      add_in_place(blocks, members_[m], group, rows[m]);
    else
      for (const Part& sum : members_[m].parts) add_summed(blocks, sum, group, rows[m]);
  }
  return blocks;
}

// Blocks of one member have the same rows, and change other columns.
void ComposedFactors::add_summed(std::vector<LoraBlock>& blocks, const Part& sum, Index group,
                                 std::pair<Index, Index> rows) const {
  const SiteGroup& sites = library_->groups().all()[group];
  for (const FactorLayout::Block& block : sum.layout->groups[group].blocks)
    blocks.push_back({rows.first, rows.second, {segment_of(sites, block, sum.row)}, rows_.stride});
}

void ComposedFactors::add_in_place(std::vector<LoraBlock>& blocks, const Member& member, Index group,
                                   std::pair<Index, Index> rows) const {
  const SiteGroup& sites = library_->groups().all()[group];
  LoraBlock all{rows.first, rows.second, {}, rows_.stride};
  for (const Part& own : member.parts)
    for (const FactorLayout::Block& block : own.layout->groups[group].blocks) {
      LoraSegment& segment = all.segments.emplace_back(segment_of(sites, block, rows_.row_range(0, 1)));
      segment.chosen = own.chosen + block.place;
    }
  if (!all.segments.empty()) blocks.push_back(std::move(all));
}

std::pair<Tensor, Tensor> ComposedFactors::site_factors(Ops& ops, Index member, int site) const {
  Tensor a, b;
  std::vector<std::vector<float>> b_rows;  // transposed: of each rank
  for (std::size_t g = 0; g < library_->groups().all().size(); ++g) {
    const SiteGroup& group = library_->groups().all()[g];
    for (const Part& own : members_[member].parts)
      for (const FactorLayout::Block& block : own.layout->groups[g].blocks)
        for (const FactorLayout::Term& term : block.terms) {
          const SiteGroup::Entry& entry = group.entries[term.entry];
          if (entry.site != site) continue;
          const float weight = own.weight(block.place);
          std::vector<float> all_a(group.in * block.columns), own_b(term.rank * entry.out);
          ops.download(all_a.data(), part(own.row, block.a_offset, group.in, block.columns, block.columns));
          ops.download(own_b.data(), part(own.row, term.b_offset, term.rank, entry.out, entry.out));
          ops.wait_all();
          for (Index r = 0; r < term.rank; ++r) {
            for (Index k = 0; k < group.in; ++k) a.values.push_back(all_a[k * block.columns + term.first_rank + r]);
            std::vector<float>& row = b_rows.emplace_back();
            for (Index o = 0; o < entry.out; ++o) row.push_back(weight * own_b[r * entry.out + o]);
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
