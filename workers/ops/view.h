// SPDX-License-Identifier: Apache-2.0
// Matrices in a device's memory.
#pragma once

#include "workers/ops/index.h"

#include <cstddef>
#include <cstdint>

namespace lorasweep {

enum class Element : std::uint8_t { f32, bf16, i32, f64 };
inline Index bytes_of(Element element) { return element == Element::bf16 ? 2 : element == Element::f64 ? 8 : 4; }

/// A matrix in the device's memory; does not own it. `stride` is the distance of rows, in elements.
struct View {
  void* data = nullptr;
  Element element = Element::f32;
  Index rows = 0, cols = 0, stride = 0;

  /// Of a dense matrix of this size.
  std::size_t bytes() const { return rows * cols * bytes_of(element); }

  View columns(Index first, Index count) const { return {place(first), element, rows, count, stride}; }
  View row_range(Index first, Index count) const { return {place(first * stride), element, count, cols, stride}; }

  float* f32() const { return as<float>(); }
  std::uint16_t* bf16() const { return as<std::uint16_t>(); }
  std::int32_t* i32() const { return as<std::int32_t>(); }
  double* f64() const { return as<double>(); }
  /// Its elements as a device's own type of the same size.
  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }

 private:
  std::byte* place(Index elements) const { return as<std::byte>() + elements * bytes_of(element); }
};

}  // namespace lorasweep
