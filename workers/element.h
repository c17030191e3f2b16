// SPDX-License-Identifier: Apache-2.0
// The element types of matrices in a device's memory.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace lorasweep {

enum class Element : std::uint8_t { f32, bf16, i32, f64 };
inline std::int64_t bytes_of(Element element) { return element == Element::bf16 ? 2 : element == Element::f64 ? 8 : 4; }

/// As configurations and manifests write it.
constexpr const char* name_of(Element element) {
  switch (element) {
    case Element::f32: return "f32";
    case Element::bf16: return "bf16";
    case Element::i32: return "i32";
    case Element::f64: return "f64";
  }
  throw std::logic_error("an element type without a name");
}

}  // namespace lorasweep
