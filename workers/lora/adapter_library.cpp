// SPDX-License-Identifier: Apache-2.0
// Lays factors out group by group, and fills an image with them.
#include "workers/lora/adapter_library.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace lorasweep {
namespace {

// floats of a vector: A^T's columns are padded to it, so that no product has a ragged edge
constexpr Index kernel_width = 16;

Index round_up(Index n, Index unit) { return (n + unit - 1) / unit * unit; }

// The factors of one site into the row of its adapter, both transposed.
void write_site(float* row, const SiteGroup& group, const FactorLayout::Block& block, const FactorLayout::Term& term,
                double scaling, const Tensor& a, const Tensor& b) {
  const Index out = group.entries[term.entry].out;
  const auto factor = static_cast<float>(scaling);
  for (Index r = 0; r < term.rank; ++r) {
    for (Index k = 0; k < group.in; ++k)
      row[block.a_offset + k * block.columns + term.first_rank + r] = a.values[r * group.in + k];
    for (Index o = 0; o < out; ++o) row[term.b_offset + r * out + o] = factor * b.values[o * term.rank + r];
  }
}

// The sites of a group that belong to a place, if any of them has a rank.
void add_block(FactorLayout& layout, std::size_t number, const SiteGroup& group, int place,
               const std::vector<int>& ranks) {
  FactorLayout::Block block{.place = place, .a_offset = layout.size};
  Index total = 0;
  for (Index e = 0; e < std::ssize(group.entries); ++e) {
    const Index rank = group.entries[e].place == place ? ranks[group.entries[e].site] : 0;
    if (rank == 0) continue;
    block.terms.push_back({.entry = e, .first_rank = total, .rank = rank});
    total += rank;
  }
  if (block.terms.empty()) return;
  block.columns = round_up(total, kernel_width);
  layout.size += group.in * block.columns;
  for (FactorLayout::Term& term : block.terms) {
    term.b_offset = layout.size;
    layout.size += round_up(term.rank * group.entries[term.entry].out, kernel_width);
  }
  layout.groups[number].blocks.push_back(std::move(block));
}

}  // namespace

bool FactorLayout::operator==(const FactorLayout& other) const {
  const auto same_term = [](const Term& a, const Term& b) {
    return a.entry == b.entry && a.first_rank == b.first_rank && a.rank == b.rank && a.b_offset == b.b_offset;
  };
  const auto same_block = [&](const Block& a, const Block& b) {
    return a.place == b.place && a.a_offset == b.a_offset && a.columns == b.columns &&
           std::ranges::equal(a.terms, b.terms, same_term);
  };
  const auto same_group = [&](const Group& a, const Group& b) {
    return std::ranges::equal(a.blocks, b.blocks, same_block);
  };
  return size == other.size && std::ranges::equal(groups, other.groups, same_group);
}

Index FactorLayout::Group::columns() const {
  Index sum = 0;
  for (const Block& block : blocks) sum += block.columns;
  return sum;
}

FactorLayout layout_factors(const SiteGroups& groups, const std::vector<int>& ranks) {
  FactorLayout layout{.groups = std::vector<FactorLayout::Group>(groups.all().size())};
  for (int place = 0; place < groups.places(); ++place) {
    for (std::size_t g = 0; g < groups.all().size(); ++g) add_block(layout, g, groups.all()[g], place, ranks);
    layout.place_ends.push_back(layout.size);
  }
  return layout;
}

AdapterLibrary::AdapterLibrary(const SiteGroups& groups, std::vector<AdapterShape> adapters)
    : groups_(groups), adapters_(std::move(adapters)) {
  for (const AdapterShape& adapter : adapters_) {
    std::vector<int> ranks(groups_.sites(), 0);
    for (const AdapterShape::Site& site : adapter.sites) ranks[site.site] = site.rank;
    FactorLayout layout = layout_factors(groups_, ranks);
    stride_ = std::max(stride_, layout.size);
    layout_ids_.push_back(std::ranges::find(layouts_, layout) - layouts_.begin());
    if (layout_ids_.back() == std::ssize(layouts_)) layouts_.push_back(std::move(layout));
  }
}

std::size_t AdapterLibrary::bytes() const { return rows(nullptr).bytes(); }

View AdapterLibrary::rows(const std::byte* image) const {
  return {const_cast<std::byte*>(image), Element::f32, size(), stride_, stride_};
}

void AdapterLibrary::write(std::byte* image, const AdapterValues& values) const {
  for (int a = 0; a < size(); ++a) write_row(image, a, values);
}

void AdapterLibrary::write_row(std::byte* image, int a, const AdapterValues& values) const {
  const View row = View{image, Element::f32, size(), stride_, stride_}.row_range(a, 1);
  std::memset(row.data, 0, row.bytes());
  std::vector<int> position(groups_.sites(), -1);  // site -> place in the adapter's own list
  for (int i = 0; i < std::ssize(adapters_[a].sites); ++i) position[adapters_[a].sites[i].site] = i;
  for (std::size_t g = 0; g < groups_.all().size(); ++g) {
    const SiteGroup& group = groups_.all()[g];
    for (const FactorLayout::Block& block : layout(a).groups[g].blocks)
      for (const FactorLayout::Term& term : block.terms) {
        const int i = position[group.entries[term.entry].site];
        write_site(row.f32(), group, block, term, adapters_[a].sites[i].scaling, values.read_a(a, i),
                   values.read_b(a, i));
      }
  }
}

}  // namespace lorasweep
