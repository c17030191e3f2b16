// SPDX-License-Identifier: Apache-2.0
#include "data/results/results_sink.h"

#include "data/results/plain_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {
namespace {

Array values_of(const Column& column, Extents extents) {
  return std::visit(
      [&]<typename T>(const std::vector<T>* values) {
        std::vector<T> copy = *values;
        if constexpr (std::is_same_v<T, std::string>)
          for (std::string& text : copy) text = plain_text(std::move(text));
        if constexpr (std::is_same_v<T, double>)
          for (double& value : copy)
            if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
        return Array{std::move(extents), std::move(copy)};
      },
      column.values);
}

Array coordinate_of(const Dimension& dimension) {
  if (dimension.labels == nullptr) return counting(dimension.extent);
  std::vector<std::string> labels;
  for (const std::string& label : *dimension.labels) labels.push_back(plain_text(label));
  return list(std::move(labels));
}

}  // namespace

Array counting(std::uint64_t extent) {
  std::vector<std::int32_t> numbers(extent);
  std::iota(numbers.begin(), numbers.end(), 0);
  return list(std::move(numbers));
}

void ResultsSink::group(const std::string& path) {
  file_.create_group(path);
  written_.add_group(path);
}

void ResultsSink::dataset(const std::string& path, const Array& array, const DatasetOptions& options) {
  file_.write_dataset(path, array, options);
  content_.add(path, "", array);
  written_.add(path, "", array);
}

void ResultsSink::attribute(const std::string& object, const std::string& name, const Array& value) {
  file_.write_attribute(object, name, value);
  content_.add(object, name, value);
  written_.add(object, name, value);
}

void ResultsSink::text(const std::string& object, const std::string& name, const std::string& value) {
  attribute(object, name, scalar(plain_text(value)));
}

void ResultsSink::scale(const std::string& path, const std::string& name, const Array& coordinate) {
  dataset(path, coordinate, {.compression = Compression::deflate});
  file_.make_scale(path, name);
  written_.add_scale(path, name);
}

void ResultsSink::attach(const std::string& dataset, unsigned axis, const std::string& scale) {
  file_.attach_scale(dataset, axis, scale);
  written_.add_tie(dataset, axis, scale);
}

void ResultsSink::flags(const std::string& path, const std::string& meanings) {
  const auto codes = 1 + std::ranges::count(meanings, ' ');
  std::vector<std::int8_t> numbers(static_cast<std::size_t>(codes));
  std::iota(numbers.begin(), numbers.end(), std::int8_t{0});
  attribute(path, "flag_values", list(std::move(numbers)));
  text(path, "flag_meanings", meanings);
}

void ResultsSink::column(const Table& table, const Column& column) {
  const std::string group = group_of(table), path = group + "/" + column.name;
  const std::optional<Array> fill = fill_of(column);
  dataset(path, values_of(column, extents_of(table, column)), {.compression = Compression::deflate, .fill = fill});
  text(path, "long_name", column.long_name);
  if (!column.units.empty()) text(path, "units", column.units);
  if (!column.flag_meanings.empty()) flags(path, column.flag_meanings);
  // A list of one, as netCDF wants it. xarray would turn integers with a _FillValue into floating point.
  const bool is_real = std::holds_alternative<std::vector<double>*>(column.values);
  if (fill) attribute(path, is_real ? "_FillValue" : "unknown_value", {{1}, fill->values});
  for (unsigned axis = 0; axis < column.dimensions.size(); ++axis)
    attach(path, axis, group + "/" + column.dimensions[axis]);
}

void ResultsSink::table(const Table& table) {
  const std::string path = group_of(table);
  group(path);
  for (const Dimension& dimension : table.dimensions) {
    const std::string of_scale = path + "/" + dimension.name;
    scale(of_scale, dimension.name, coordinate_of(dimension));
    text(of_scale, "long_name", dimension.long_name);
  }
  for (const Column& each : table.columns) column(table, each);
}

}  // namespace lorasweep
