// SPDX-License-Identifier: Apache-2.0
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

std::size_t CudaPacking::packed_bytes(int in, int out) const {
  return static_cast<std::size_t>(row_elements(activation_, in) * out * bytes_of(activation_));
}

void CudaPacking::pack(std::byte* packed, const float* weight, int in, int out) const {
  std::memset(packed, 0, packed_bytes(in, out));
  const std::int64_t stride = row_elements(activation_, in);
  for (std::int64_t row = 0; row < out; ++row) {
    const float* from = weight + row * in;
    if (activation_ == Element::f32) {
      std::memcpy(reinterpret_cast<float*>(packed) + row * stride, from, static_cast<std::size_t>(in) * sizeof(float));
    } else {
      auto* to = reinterpret_cast<std::uint16_t*>(packed) + row * stride;
      for (int i = 0; i < in; ++i) to[i] = to_bf16(from[i]);
    }
  }
}

}  // namespace lorasweep
