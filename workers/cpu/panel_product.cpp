// SPDX-License-Identifier: Apache-2.0
#include "workers/cpu/panel_product.h"

#include <algorithm>
#include <cstring>

namespace lorasweep {
namespace {

constexpr int width = 16;     // columns of a panel
constexpr int tile_rows = 6;  // rows of a tile
// A tile's part (12 KiB) stays in the first-level cache, a panel's (32 KiB) and a block of x (288 KiB) in the second.
// Measured on a Zen 3 core (512 KiB): 8 % faster than half as many inputs.
constexpr int block_inputs = 512;
constexpr std::int64_t block_rows = 144;
// So few rows are read through all inputs at once: then the weights, which are the larger part, are read in order.
constexpr std::int64_t few_rows = 24;

int panels_of(int out) { return (out + width - 1) / width; }

// Rows [row, row + count) and inputs [first, first + inputs) of x as [inputs, 6], rows that are missing as zeros.
void pack_tile(float* tile, View x, std::int64_t row, int count, int first, int inputs) {
  std::fill_n(tile, static_cast<std::size_t>(inputs) * tile_rows, 0.0f);
  for (int r = 0; r < count; ++r) {
    if (x.element == Element::f32) {
      const float* values = x.f32() + (row + r) * x.stride + first;
      for (int i = 0; i < inputs; ++i) tile[i * tile_rows + r] = values[i];
    } else {
      const std::uint16_t* values = x.bf16() + (row + r) * x.stride + first;
      for (int i = 0; i < inputs; ++i) {
        const std::uint32_t bits = static_cast<std::uint32_t>(values[i]) << 16;
        std::memcpy(tile + i * tile_rows + r, &bits, sizeof bits);
      }
    }
  }
}

}  // namespace

std::size_t panel_bytes(int in, int out) {
  return static_cast<std::size_t>(panels_of(out)) * width * in * sizeof(float);
}

void pack_panels(std::byte* packed, const float* weight, int in, int out) {
  auto* to = reinterpret_cast<float*>(packed);
  for (int panel = 0; panel < panels_of(out); ++panel)
    for (int i = 0; i < in; ++i)
      for (int c = 0; c < width; ++c) {
        const int column = panel * width + c;
        *to++ = column < out ? weight[static_cast<std::size_t>(column) * in + i] : 0.0f;
      }
}

void PanelProduct::multiply(View y, View x, const Projection& w, Accumulate accumulate) {
  const int panels = panels_of(w.out), parts = std::min(panels, static_cast<int>(tiles_.size()));
#pragma omp parallel for num_threads(parts) schedule(static) if (parts > 1)
  for (int part = 0; part < parts; ++part)
    multiply_panels(y, x, w, accumulate, part * panels / parts, (part + 1) * panels / parts, tiles_[part]);
}

void PanelProduct::multiply_panels(View y, View x, const Projection& w, Accumulate accumulate, int first_panel,
                                   int last_panel, std::vector<float>& tiles) {
  const auto* weights = reinterpret_cast<const float*>(w.packed);
  const int block = x.rows <= few_rows ? w.in : block_inputs;
  const std::size_t tile_size = static_cast<std::size_t>(block) * tile_rows;
  tiles.resize(std::max(tiles.size(), tile_size * (block_rows / tile_rows)));
  float edge[tile_rows * width];  // a tile of the last panel's columns that do not exist
  for (std::int64_t first_row = 0; first_row < x.rows; first_row += block_rows) {
    const std::int64_t rows = std::min(block_rows, x.rows - first_row);
    for (int first_input = 0; first_input < w.in; first_input += block) {
      const int inputs = std::min(block, w.in - first_input);
      for (std::int64_t row = 0; row < rows; row += tile_rows)
        pack_tile(tiles.data() + row / tile_rows * tile_size, x, first_row + row,
                  static_cast<int>(std::min<std::int64_t>(tile_rows, rows - row)), first_input, inputs);
      for (int panel = first_panel; panel < last_panel; ++panel) {
        const float* panel_part = weights + (static_cast<std::size_t>(panel) * w.in + first_input) * width;
        const int columns = std::min(width, w.out - panel * width);
        for (std::int64_t row = 0; row < rows; row += tile_rows) {
          const int count = static_cast<int>(std::min<std::int64_t>(tile_rows, rows - row));
          float* target = y.f32() + (first_row + row) * y.stride + panel * width;
          if (first_input == 0 && accumulate == Accumulate::no)
            for (int r = 0; r < count; ++r) std::fill_n(target + r * y.stride, columns, 0.0f);
          const float* tile = tiles.data() + row / tile_rows * tile_size;
          if (columns == width) {
            kernels_->panel_tile(target, y.stride, tile, panel_part, count, inputs);
            continue;
          }
          for (int r = 0; r < count; ++r) std::copy_n(target + r * y.stride, columns, edge + r * width);
          kernels_->panel_tile(edge, width, tile, panel_part, count, inputs);
          for (int r = 0; r < count; ++r) std::copy_n(edge + r * width, columns, target + r * y.stride);
        }
      }
    }
  }
}

}  // namespace lorasweep
