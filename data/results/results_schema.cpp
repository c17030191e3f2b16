// SPDX-License-Identifier: Apache-2.0
// What follows from the list of all tables and columns (result_tables.cpp).
#include "data/results/results_schema.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lorasweep {

Since schema_of(const std::string& version) {
  const auto is = [&](const std::string& minor) { return version == minor || version.starts_with(minor + "."); };
  return is("1.0") ? Since::schema_1_0 : is("1.1") ? Since::schema_1_1 : Since::schema_1_2;
}

const Dimension& Table::dimension(const std::string& wanted) const {
  const auto found = std::ranges::find(dimensions, wanted, &Dimension::name);
  if (found == dimensions.end()) throw InternalError("table " + name + " has no dimension " + wanted);
  return *found;
}

std::vector<std::string> along_places(std::vector<std::string> leading, const std::vector<std::string>& places) {
  if (!places.empty()) leading.emplace_back("place");
  return leading;
}

void add_places(std::vector<Dimension>& dimensions, const std::vector<std::string>& places) {
  if (places.empty()) return;
  dimensions.push_back({.name = "place",
                        .extent = places.size(),
                        .long_name = "what a weight of an adapter is for, by search.scope",
                        .labels = &places});
}

std::string group_of(const Table& table) { return "/" + table.name; }

Extents extents_of(const Table& table, const Column& column) {
  Extents extents;
  for (const std::string& name : column.dimensions) extents.push_back(table.dimension(name).extent);
  return extents;
}

std::uint64_t size_of(const Column& column) {
  return std::visit([](const auto* values) { return std::uint64_t{values->size()}; }, column.values);
}

void fill_unknown(const Column& column, std::uint64_t size) {
  std::visit(
      [&]<typename T>(std::vector<T>* values) {
        if constexpr (std::is_same_v<T, double>)
          values->assign(size, std::numeric_limits<double>::quiet_NaN());
        else if constexpr (std::is_same_v<T, std::int8_t>)  // codes: the last is "unknown"
          values->assign(size, static_cast<T>(std::ranges::count(column.flag_meanings, ' ')));
        else if constexpr (std::is_integral_v<T>)
          values->assign(size, T{-1});
        else
          values->assign(size, T{});
      },
      column.values);
}

std::optional<Array> fill_of(const Column& column) {
  if (column.gaps == Gaps::none) return std::nullopt;
  return std::visit(
      []<typename T>(const std::vector<T>*) -> std::optional<Array> {
        if constexpr (std::is_same_v<T, double>) return scalar(std::numeric_limits<double>::quiet_NaN());
        if constexpr (std::is_integral_v<T>) return scalar(T{-1});
        return std::nullopt;
      },
      column.values);
}

std::vector<std::int32_t> finished_searches(const Summary& summary) {
  const std::size_t replicates = summary.seed.size();
  std::vector<std::int32_t> finished(summary.task.size(), 0);
  for (std::size_t cell = 0; cell < summary.status.size(); ++cell)
    if (summary.status[cell] == static_cast<std::int8_t>(SearchStatus::ok)) ++finished.at(cell / replicates);
  return finished;
}

std::string composed_name(const SweepResults& results, const ComposedModel& model) {
  return fmt::format("/composed/{}/r{}", results.summary.task.at(model.task_index), model.replicate);
}

}  // namespace lorasweep
