// SPDX-License-Identifier: Apache-2.0
// Values of a results file, each checked to be what the schema says of it. InputError naming file and object if not.
#pragma once

#include "data/results/hdf5_file.h"
#include "data/results/results_schema.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

[[noreturn]] void refuse(const Hdf5File& file, const std::string& object, const std::string& problem);

template <typename T>
std::vector<T> values_as(const Hdf5File& file, const std::string& object, Array array) {
  if (auto* values = std::get_if<std::vector<T>>(&array.values)) return std::move(*values);
  refuse(file, object,
         fmt::format("holds {}, but should hold {}", type_name(array.values), type_name(std::vector<T>{})));
}

template <typename T>
T attribute(const Hdf5File& file, const std::string& object, const std::string& name) {
  const std::string place = object + "@" + name;
  const Array array = file.read_attribute(object, name);
  if (!array.extents.empty()) refuse(file, place, "is a list, but should be one value");
  return values_as<T>(file, place, array).front();
}

template <typename T>
std::vector<T> list_attribute(const Hdf5File& file, const std::string& object, const std::string& name) {
  return values_as<T>(file, object + "@" + name, file.read_attribute(object, name));
}

/// The extent of a dimension by its scale.
std::uint64_t extent_of_scale(const Hdf5File& file, const std::string& path);
/// The same, where as many values are to be held: the scale has them, and so the file.
std::size_t held_extent(const Hdf5File& file, const std::string& path);
/// The same, where it must fit an index.
std::int32_t small_extent(const Hdf5File& file, const std::string& path);

/// Into the column's vector. A column that is younger than the file's `schema` becomes unknown.
void read_column(const Hdf5File& file, const Table& table, const Column& column, Since schema);

}  // namespace lorasweep
