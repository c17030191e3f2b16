// SPDX-License-Identifier: Apache-2.0
// Rounds weights to the element that the device multiplies, and pads their rows.
#include "workers/cuda/packing.h"

#include <bit>
#include <cstring>

namespace lorasweep {
namespace {

std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  // a NaN must not be rounded into infinity
  if (value != value) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);  // nearest even
}

}  // namespace

std::size_t CudaPacking::packed_bytes(Index in, Index out) const {
  return row_elements(activation_, in) * out * bytes_of(activation_);
}

void CudaPacking::pack(std::byte* packed, const float* weight, Index in, Index out) const {
  std::memset(packed, 0, packed_bytes(in, out));
  const Index stride = row_elements(activation_, in);
  for (Index row = 0; row < out; ++row) {
    const float* from = weight + row * in;
    if (activation_ == Element::f32) {
      std::memcpy(reinterpret_cast<float*>(packed) + row * stride, from, in * sizeof(float));
    } else {
      auto* to = reinterpret_cast<std::uint16_t*>(packed) + row * stride;
      for (Index i = 0; i < in; ++i) to[i] = to_bf16(from[i]);
    }
  }
}

}  // namespace lorasweep
