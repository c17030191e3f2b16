// SPDX-License-Identifier: Apache-2.0
// Unsigned numbers as little-endian bytes, whatever the machine's own order.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

namespace lorasweep {

template <std::unsigned_integral T>
void append_little_endian(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

/// Reads sizeof(T) bytes, which must be there.
template <std::unsigned_integral T>
T load_little_endian(const char* bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i));
  return value;
}

}  // namespace lorasweep
