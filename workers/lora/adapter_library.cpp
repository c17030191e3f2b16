// SPDX-License-Identifier: Apache-2.0
// Lays factors out group by group, and fills an image with them.
#include "workers/lora/adapter_library.h"

#include <algorithm>
#include <cstring>

namespace lorasweep {
namespace {

// floats of a vector: A^T's columns are padded to it, so that no product has a ragged edge
constexpr int kernel_width = 16;

std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

bool FactorLayout::operator==(const FactorLayout& other) const {
  const auto same_term = [](const Term& a, const Term& b) {
    return a.entry == b.entry && a.first_rank == b.first_rank && a.rank == b.rank && a.b_offset == b.b_offset;
  };
  const auto same_group = [&](const Group& a, const Group& b) {
    return a.a_offset == b.a_offset && a.columns == b.columns && std::ranges::equal(a.terms, b.terms, same_term);
  };
  return size == other.size && std::ranges::equal(groups, other.groups, same_group);
}

FactorLayout layout_factors(const SiteGroups& groups, const std::vector<int>& ranks) {
  FactorLayout layout;
  for (const SiteGroup& group : groups.all()) {
    FactorLayout::Group place{.a_offset = layout.size};
    int total = 0;
    for (int e = 0; e < static_cast<int>(group.entries.size()); ++e) {
      const int rank = ranks[group.entries[e].site];
      if (rank == 0) continue;
      place.terms.push_back({.entry = e, .first_rank = total, .rank = rank});
      total += rank;
    }
    place.columns = static_cast<int>(round_up(total, kernel_width));
    layout.size += static_cast<std::int64_t>(group.in) * place.columns;
    for (FactorLayout::Term& term : place.terms) {
      term.b_offset = layout.size;
      layout.size += round_up(static_cast<std::int64_t>(term.rank) * group.entries[term.entry].out, kernel_width);
    }
    layout.groups.push_back(std::move(place));
  }
  return layout;
}

AdapterLibrary::AdapterLibrary(const SiteGroups& groups, std::vector<AdapterShape> adapters)
    : groups_(groups), adapters_(std::move(adapters)) {
  for (const AdapterShape& adapter : adapters_) {
    std::vector<int> ranks(groups_.sites(), 0);
    for (const AdapterShape::Site& site : adapter.sites) ranks[site.site] = site.rank;
    layouts_.push_back(layout_factors(groups_, ranks));
    stride_ = std::max(stride_, layouts_.back().size);
  }
}

std::size_t AdapterLibrary::bytes() const {
  return static_cast<std::size_t>(stride_) * adapters_.size() * sizeof(float);
}

View AdapterLibrary::rows(const std::byte* image) const {
  return {const_cast<std::byte*>(image), Element::f32, size(), stride_, stride_};
}

void AdapterLibrary::write(std::byte* image, const AdapterValues& values) const {
  for (int a = 0; a < size(); ++a) write_row(image, a, values);
}

void AdapterLibrary::write_row(std::byte* image, int a, const AdapterValues& values) const {
  float* row = reinterpret_cast<float*>(image) + a * stride_;
  std::memset(row, 0, static_cast<std::size_t>(stride_) * sizeof(float));
  std::vector<int> position(groups_.sites(), -1);  // site -> place in the adapter's own list
  for (int i = 0; i < static_cast<int>(adapters_[a].sites.size()); ++i) position[adapters_[a].sites[i].site] = i;
  for (std::size_t g = 0; g < groups_.all().size(); ++g) {
    const SiteGroup& group = groups_.all()[g];
    const FactorLayout::Group& place = layouts_[a].groups[g];
    for (const FactorLayout::Term& term : place.terms) {
      const SiteGroup::Entry& entry = group.entries[term.entry];
      const int i = position[entry.site];
      const auto scaling = static_cast<float>(adapters_[a].sites[i].scaling);
      const Tensor factor_a = values.read_a(a, i), factor_b = values.read_b(a, i);
      for (int r = 0; r < term.rank; ++r) {
        for (int k = 0; k < group.in; ++k)
          row[place.a_offset + static_cast<std::int64_t>(k) * place.columns + term.first_rank + r] =
              factor_a.values[static_cast<std::size_t>(r) * group.in + k];
        for (int o = 0; o < entry.out; ++o)
          row[term.b_offset + static_cast<std::int64_t>(r) * entry.out + o] =
              scaling * factor_b.values[static_cast<std::size_t>(o) * term.rank + r];
      }
    }
  }
}

}  // namespace lorasweep
