// SPDX-License-Identifier: Apache-2.0
// What one HDF5 dataset or attribute holds, in memory. Only the element types that every reader of HDF5
// understands.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

using ArrayValues = std::variant<std::vector<std::int8_t>, std::vector<std::int32_t>, std::vector<std::int64_t>,
                                 std::vector<float>, std::vector<double>, std::vector<std::string>>;
using Extents = std::vector<std::uint64_t>;

struct Array {
  Extents extents;  ///< none: a scalar
  ArrayValues values;
};

template <typename T>
Array scalar(T value) {
  return {{}, std::vector<T>{std::move(value)}};
}

template <typename T>
Array list(std::vector<T> values) {
  const Extents extents{values.size()};
  return {extents, std::move(values)};
}

/// "i1", "i4", "i8", "f4", "f8" or "str".
const char* type_name(const ArrayValues& values);
std::uint64_t size_of(const ArrayValues& values);
/// Product of the extents; InternalError where it does not fit.
std::uint64_t element_count_of(const Extents& extents);

}  // namespace lorasweep
