// SPDX-License-Identifier: Apache-2.0
// Names of element types, and sizes of arrays.
#include "data/results/array.h"

#include "data/core/error.h"

#include <array>

namespace lorasweep {

const char* type_name(const ArrayValues& values) {
  constexpr std::array names{"i1", "i4", "i8", "f4", "f8", "str"};
  return names.at(values.index());
}

std::uint64_t size_of(const ArrayValues& values) {
  return std::visit([](const auto& list) { return std::uint64_t{list.size()}; }, values);
}

std::uint64_t element_count_of(const Extents& extents) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : extents)
    if (__builtin_mul_overflow(count, extent, &count))
      throw InternalError("an array has more elements than can be counted");
  return count;
}

}  // namespace lorasweep
