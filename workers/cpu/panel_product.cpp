// SPDX-License-Identifier: Apache-2.0
// Cuts a product into blocks of rows and inputs that fit the caches, and each block into the tiles of the kernel.
#include "workers/cpu/panel_product.h"

#include "workers/cpu/loop_failure.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace lorasweep {
namespace {

constexpr Index width = 16;                                 // columns of a panel
constexpr Index most_tile_rows = 14, most_tile_panels = 2;  // of any instruction set
constexpr Index block_rows = 144;
// So few rows are read through all inputs at once: then the weights, which are the larger part, are read in order.
constexpr Index few_rows = 24;

Index panels_of(Index out) { return (out + width - 1) / width; }

float value_at(const float* row, Index i) { return row[i]; }
float value_at(const std::uint16_t* row, Index i) {
  const std::uint32_t bits = std::uint32_t{row[i]} << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

// Rows [0, count) of x, `stride` elements apart, as [inputs, tile_rows], rows that are missing as zeros.
template <typename T>
void pack_tile(float* tile, Index tile_rows, const T* x, Index stride, Index count, Index inputs) {
  constexpr Index together = 8;  // inputs: the rows' cache lines are read once, the tile is written in order
  Index first = 0;
  for (; first + together <= inputs; first += together) {
    float* to = tile + first * tile_rows;
    for (Index r = 0; r < count; ++r)
      for (Index i = 0; i < together; ++i) to[i * tile_rows + r] = value_at(x + r * stride, first + i);
    for (Index r = count; r < tile_rows; ++r)
      for (Index i = 0; i < together; ++i) to[i * tile_rows + r] = 0;
  }
  for (; first < inputs; ++first)
    for (Index r = 0; r < tile_rows; ++r)
      tile[first * tile_rows + r] = r < count ? value_at(x + r * stride, first) : 0.0f;
}

void pack_tile(float* tile, Index tile_rows, View x, Index count, Index first, Index inputs) {
  if (x.element == Element::f32)
    pack_tile(tile, tile_rows, x.f32() + first, x.stride, count, inputs);
  else
    pack_tile(tile, tile_rows, x.bf16() + first, x.stride, count, inputs);
}

}  // namespace

std::size_t panel_bytes(Index in, Index out) { return panels_of(out) * width * in * sizeof(float); }

void pack_panels(std::byte* packed, const float* weight, Index in, Index out) {
  auto* to = reinterpret_cast<float*>(packed);
  for (Index panel = 0; panel < panels_of(out); ++panel)
    for (Index i = 0; i < in; ++i)
      for (Index c = 0; c < width; ++c) {
        const Index column = panel * width + c;
        *to++ = column < out ? weight[column * in + i] : 0.0f;
      }
}

void PanelProduct::multiply(View y, View x, const Projection& w, Accumulate accumulate) {
  const Index panels = panels_of(w.out), parts = std::min(panels, std::ssize(tiles_));
  LoopFailure failure;
#pragma omp parallel for num_threads(parts) schedule(static) if (parts > 1)
  for (Index part = 0; part < parts; ++part)
    failure.guard([&] {
      multiply_panels(y, x, w, accumulate, part * panels / parts, (part + 1) * panels / parts, tiles_[part]);
    });
  failure.rethrow();
}

void PanelProduct::multiply_panels(View y, View x, const Projection& w, Accumulate accumulate, Index first_panel,
                                   Index last_panel, std::vector<float>& tiles) {
  const Index tile_rows = kernels_->tile_rows, together = kernels_->tile_panels;
  const Index most_rows = block_rows / tile_rows * tile_rows;
  const Index block = x.rows <= few_rows ? w.in : kernels_->block_inputs;
  const Index tile_size = block * tile_rows;
  tiles.resize(std::max(std::ssize(tiles), tile_size * (most_rows / tile_rows)));
  for (Index first_row = 0; first_row < x.rows; first_row += most_rows) {
    const Index rows = std::min(most_rows, x.rows - first_row);
    for (Index first_input = 0; first_input < w.in; first_input += block) {
      const Index inputs = std::min(block, w.in - first_input);
      for (Index row = 0; row < rows; row += tile_rows) {
        const Index count = std::min(tile_rows, rows - row);
        pack_tile(tiles.data() + row / tile_rows * tile_size, tile_rows, x.row_range(first_row + row, count), count,
                  first_input, inputs);
      }
      const bool continues = first_input > 0 || accumulate == Accumulate::yes;
      for (Index panel = first_panel; panel < last_panel; panel += together)
        for (Index row = 0; row < rows; row += tile_rows)
          multiply_tile(y, w,
                        {.row = first_row + row,
                         .rows = std::min(tile_rows, rows - row),
                         .panel = panel,
                         .panels = std::min(together, last_panel - panel),
                         .input = first_input,
                         .inputs = inputs,
                         .continues = continues},
                        tiles.data() + row / tile_rows * tile_size);
    }
  }
}

void PanelProduct::multiply_tile(View y, const Projection& w, const Tile& at, const float* x) {
  const Index panel_stride = w.in * width;
  const float* panels = reinterpret_cast<const float*>(w.packed) + at.panel * panel_stride + at.input * width;
  const Index columns = std::min(at.panels * width, w.out - at.panel * width);
  float* target = y.f32() + at.row * y.stride + at.panel * width;
  if (columns == at.panels * width)
    return kernels_->panel_tile(target, y.stride, x, panels, panel_stride, at.rows, at.panels, at.inputs, at.continues);
  float edge[most_tile_rows * most_tile_panels * width] = {};  // the last panel has columns that do not exist
  const Index edge_stride = at.panels * width;
  if (at.continues)
    for (Index r = 0; r < at.rows; ++r) std::copy_n(target + r * y.stride, columns, edge + r * edge_stride);
  kernels_->panel_tile(edge, edge_stride, x, panels, panel_stride, at.rows, at.panels, at.inputs, at.continues);
  for (Index r = 0; r < at.rows; ++r) std::copy_n(edge + r * edge_stride, columns, target + r * y.stride);
}

}  // namespace lorasweep
