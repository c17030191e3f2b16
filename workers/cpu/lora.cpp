// SPDX-License-Identifier: Apache-2.0
// Bypasses on the CPU: of factors that were summed before, and of rows of the adapter library where they lie.
#include "workers/cpu/bypass.h"
#include "workers/cpu/cpu_ops.h"
#include "workers/cpu/for_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

float* row_of(View view, Index row) { return view.f32() + row * view.stride; }

// The terms of all segments that change the same columns of y, in the order of the segments.
struct ChangedSite {
  Index column = 0, out = 0;
  std::vector<ProductSegment> products;
};
std::vector<ChangedSite> changed_sites(const LoraBlock& block) {
  std::vector<ChangedSite> sites;
  Index first = 0;
  for (const LoraSegment& segment : block.segments) {
    for (const LoraTerm& term : segment.terms) {
      auto site = std::ranges::find(sites, term.column, &ChangedSite::column);
      if (site == sites.end()) site = sites.insert(site, {term.column, term.out, {}});
      site->products.push_back({.first = first + term.first_rank,
                                .w = chosen_factor(block, segment, term.b),
                                .w_stride = term.b.stride,
                                .k = term.rank});
    }
    first += segment.a.cols;
  }
  return sites;
}

}  // namespace

void CpuOps::lora(View y, View x, std::span<const LoraBlock> blocks) {
  const View input = as_f32(x, Slot::bypass_input);
  for (const LoraBlock& block : blocks) {
    if (block.rows() == 0 || block.columns() == 0) continue;
    const View t = scratch(Slot::bypass, Element::f32, block.rows(), block.columns()),
               own = input.row_range(block.row_begin, block.rows()), out = y.row_range(block.row_begin, block.rows());
    if (block.weighted())
      add_segments(out, own, block, t);
    else
      add_factors(out, own, block.segments.front(), t);
  }
}

void CpuOps::add_factors(View y, View x, const LoraSegment& segment, View t) {
  constexpr Index chunk = 24;  // rows that one thread takes: a multiple of the kernel's tile
  for_rows(options_.threads, (x.rows + chunk - 1) / chunk, [&](Index part) {
    const Index first = part * chunk, count = std::min(chunk, x.rows - first);
    kernels_.multiply(row_of(t, first), t.cols, row_of(x, first), x.stride, segment.a.f32(), segment.a.stride, count,
                      x.cols, t.cols, false);
    for (const LoraTerm& term : segment.terms)
      kernels_.multiply(row_of(y, first) + term.column, y.stride, row_of(t, first) + term.first_rank, t.cols,
                        term.b.f32(), term.b.stride, count, term.rank, term.out, true);
  });
}

// Each adapter's factors come from memory once for all rows that a thread takes at a time: as many as its second-level
// cache holds beside them, in x and in t.
void CpuOps::add_segments(View y, View x, const LoraBlock& block, View t) {
  constexpr Index tile = 24, most = 3 * tile;
  const Index share = (x.rows + options_.threads - 1) / options_.threads;
  const Index chunk = std::clamp((share + tile - 1) / tile * tile, tile, most);
  const std::vector<ChangedSite> sites = changed_sites(block);
  for_rows(options_.threads, (x.rows + chunk - 1) / chunk, [&](Index part) {
    const Index first = part * chunk, count = std::min(chunk, x.rows - first);
    Index column = 0;
    for (const LoraSegment& segment : block.segments) {
      float* const own = row_of(t, first) + column;
      kernels_.multiply(own, t.cols, row_of(x, first), x.stride, chosen_factor(block, segment, segment.a),
                        segment.a.stride, count, x.cols, segment.a.cols, false);
      weigh(t.row_range(first, count).columns(column, segment.a.cols), segment);
      column += segment.a.cols;
    }
    for (const ChangedSite& site : sites)
      kernels_.multiply_sum(row_of(y, first) + site.column, y.stride, row_of(t, first), t.cols, site.products.data(),
                            std::ssize(site.products), count, site.out);
  });
}

void CpuOps::weigh(View t, const LoraSegment& segment) {
  if (segment.chosen == nullptr) return;
  for (Index row = 0; row < t.rows; ++row) {
    float* const own = t.f32() + row * t.stride;
    kernels_.scale(own, own, segment.chosen->weight, t.cols);
  }
}

WorkspaceSize CpuOps::lora_scratch(const LoraShape& largest) const {
  WorkspaceSize size;
  if (narrows()) size.matrix(Slot::bypass_input, Element::f32, largest.rows, largest.in);
  return size.matrix(Slot::bypass, Element::f32, largest.rows, largest.columns);
}

}  // namespace lorasweep
