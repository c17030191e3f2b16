// SPDX-License-Identifier: Apache-2.0
// Matrices in a device's memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lorasweep {

enum class Element : std::uint8_t { f32, bf16, i32, f64 };
inline std::int64_t bytes_of(Element element) { return element == Element::bf16 ? 2 : element == Element::f64 ? 8 : 4; }

/// A matrix in the device's memory; does not own it. `stride` is the distance of rows, in elements.
struct View {
  void* data = nullptr;
  Element element = Element::f32;
  std::int64_t rows = 0, cols = 0, stride = 0;

  View columns(std::int64_t first, std::int64_t count) const {
    return {static_cast<std::byte*>(data) + first * bytes_of(element), element, rows, count, stride};
  }
  View row_range(std::int64_t first, std::int64_t count) const {
    return {static_cast<std::byte*>(data) + first * stride * bytes_of(element), element, count, cols, stride};
  }
  float* f32() const { return static_cast<float*>(data); }
  std::uint16_t* bf16() const { return static_cast<std::uint16_t*>(data); }
  std::int32_t* i32() const { return static_cast<std::int32_t*>(data); }
  double* f64() const { return static_cast<double*>(data); }
};

}  // namespace lorasweep
