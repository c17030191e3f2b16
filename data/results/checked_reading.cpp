// SPDX-License-Identifier: Apache-2.0
#include "data/results/checked_reading.h"

#include "data/core/error.h"

#include <limits>

namespace lorasweep {

void refuse(const Hdf5File& file, const std::string& object, const std::string& problem) {
  throw InputError(file.path().string() + ": " + object, problem,
                   "name a results file that lorasweep wrote, or write it again with `lorasweep collect`");
}

std::uint64_t extent_of_scale(const Hdf5File& file, const std::string& path) {
  const Extents extents = file.has(path) ? file.extents(path) : Extents{};
  if (extents.size() != 1) refuse(file, path, "is not the scale of a dimension");
  return extents.front();
}

std::size_t held_extent(const Hdf5File& file, const std::string& path) {
  extent_of_scale(file, path);
  return static_cast<std::size_t>(size_of(file.read_dataset(path).values));
}

std::int32_t small_extent(const Hdf5File& file, const std::string& path) {
  const std::uint64_t extent = extent_of_scale(file, path);
  if (extent > std::numeric_limits<std::int32_t>::max()) refuse(file, path, "is too long");
  return static_cast<std::int32_t>(extent);
}

void read_column(const Hdf5File& file, const Table& table, const Column& column, Since schema) {
  const std::string group = group_of(table), path = group + "/" + column.name;
  // A dimension that came with the column is as long as what is known of it: not at all.
  const auto extent_of = [&](const std::string& dimension) {
    const bool is_missing = table.dimension(dimension).since > schema;
    return is_missing ? 0 : extent_of_scale(file, group + "/" + dimension);
  };
  if (table.since > schema) return fill_unknown(column, 0);
  Extents expected;
  for (const std::string& dimension : column.dimensions) expected.push_back(extent_of(dimension));
  if (column.since > schema) return fill_unknown(column, element_count_of(expected));
  if (!file.has(path)) refuse(file, path, "is missing");
  Array array = file.read_dataset(path);
  if (array.extents != expected) refuse(file, path, "does not have the extents of its dimensions");
  std::visit([&]<typename T>(std::vector<T>* out) { *out = values_as<T>(file, path, std::move(array)); },
             column.values);
}

}  // namespace lorasweep
