// SPDX-License-Identifier: Apache-2.0
// Rows are made once, as JSON objects by the schema of the results file; CSV is another spelling of them.
#include "pipeline/collect/export_tables.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/results_schema.h"
#include "pipeline/collect/csv_text.h"
#include "pipeline/collect/output_place.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Dimension> row_dimensions(const Table& table) {
  return {table.dimensions.begin(), table.dimensions.begin() + static_cast<std::ptrdiff_t>(table.row_dimensions)};
}

bool is_row_dimension(const Table& table, const std::string& name) {
  const auto rows = row_dimensions(table);
  return std::ranges::find(rows, name, &Dimension::name) != rows.end();
}

// Dimensions of the values that one row has of the column; none: a single one, not a list.
std::vector<Dimension> list_dimensions(const Table& table, const Column& column) {
  std::vector<Dimension> dimensions;
  for (const std::string& name : column.dimensions)
    if (!is_row_dimension(table, name)) dimensions.push_back(table.dimension(name));
  return dimensions;
}

std::uint64_t list_length(const std::vector<Dimension>& dimensions) {
  std::uint64_t length = 1;
  for (const Dimension& dimension : dimensions) length *= dimension.extent;
  return length;
}

// Of the values of a list, in their order: "weights_3", and by a dimension with labels "weights_3_q".
std::vector<std::string> list_names(const Column& column, const std::vector<Dimension>& dimensions) {
  std::vector<std::string> names{column.name};
  for (const Dimension& dimension : dimensions) {
    std::vector<std::string> longer;
    for (const std::string& name : names)
      for (std::uint64_t i = 0; i < dimension.extent; ++i)
        longer.push_back(dimension.labels != nullptr ? fmt::format("{}_{}", name, dimension.labels->at(i))
                                                     : fmt::format("{}_{}", name, i));
    names = std::move(longer);
  }
  return names;
}

std::vector<std::string> words_of(const std::string& meanings) {
  std::istringstream stream(meanings);
  return {std::istream_iterator<std::string>(stream), {}};
}

Json cell(const Column& column, std::uint64_t index) {
  return std::visit(
      [&]<typename T>(const std::vector<T>* values) -> Json {
        const T& value = values->at(index);
        if constexpr (std::is_integral_v<T>) {
          if (!column.flag_meanings.empty()) {
            const std::vector<std::string> words = words_of(column.flag_meanings);
            if (value >= 0 && static_cast<std::size_t>(value) < words.size()) return words[value];
          }
          if (column.gaps == Gaps::possible && value == -1) return nullptr;
        }
        return value;
      },
      column.values);
}

// The row's part of a column. `at`: place of the row along each row dimension.
Json cells(const Table& table, const Column& column, const std::vector<Dimension>& rows,
           const std::vector<std::uint64_t>& at) {
  std::uint64_t index = 0;
  for (std::size_t d = 0; d < rows.size(); ++d)
    if (std::ranges::find(column.dimensions, rows[d].name) != column.dimensions.end())
      index = index * rows[d].extent + at[d];
  const std::vector<Dimension> dimensions = list_dimensions(table, column);
  if (dimensions.empty()) return cell(column, index);
  const std::uint64_t length = list_length(dimensions);
  Json list = Json::array();
  for (std::uint64_t i = 0; i < length; ++i) list.push_back(cell(column, index * length + i));
  return list;
}

// Ids of an answer, which lie apart from it in the file.
constexpr const char* tokens_name = "tokens";

Json tokens_of(const Predictions& predictions, std::size_t row) {
  if (predictions.n_tokens[row] < 0) return nullptr;
  const auto begin = predictions.tokens.begin() + predictions.first_token[row];
  return std::vector<std::int32_t>(begin, begin + predictions.n_tokens[row]);
}

Json make_row(const Table& table, const SweepResults& results, const std::vector<Dimension>& rows,
              const std::vector<std::uint64_t>& at) {
  Json row = Json::object();
  for (std::size_t d = 0; d < rows.size(); ++d)
    row[rows[d].name] = rows[d].labels != nullptr ? Json(rows[d].labels->at(at[d])) : Json(at[d]);
  for (const Column& column : table.columns) {
    row[column.name] = cells(table, column, rows, at);
    const Json& value = row[column.name];
    if (column.name == "task_index")
      row["task"] = value.is_null() ? Json(nullptr) : Json(results.summary.task.at(value.get<std::size_t>()));
  }
  if (table.name == "predictions") row[tokens_name] = tokens_of(results.predictions, at.front());
  return row;
}

void for_each_row(const Table& table, const SweepResults& results, const auto& use) {
  const std::vector<Dimension> rows = row_dimensions(table);
  std::uint64_t count = 1;
  for (const Dimension& dimension : rows) count *= dimension.extent;
  for (std::uint64_t number = 0; number < count; ++number) {
    std::vector<std::uint64_t> at(rows.size());
    std::uint64_t rest = number;
    for (std::size_t d = rows.size(); d-- > 0; rest /= rows[d].extent) at[d] = rest % rows[d].extent;
    use(make_row(table, results, rows, at));
  }
}

std::string csv_cell(const Json& value) {
  if (value.is_string()) return csv_text(value.get<std::string>());
  if (!value.is_number_float()) return value.is_null() ? "" : value.dump();
  const auto number = value.get<double>();
  return std::isnan(number) ? "" : fmt::format("{}", number);
}

std::string csv_header(const Table& table) {
  std::vector<std::string> names;
  for (const Dimension& dimension : row_dimensions(table)) names.push_back(dimension.name);
  for (const Column& column : table.columns) {
    std::ranges::move(list_names(column, list_dimensions(table, column)), std::back_inserter(names));
    if (column.name == "task_index") names.emplace_back("task");
  }
  if (table.name == "predictions") names.emplace_back(tokens_name);
  return fmt::format("{}\n", fmt::join(names, ","));
}

// Tokens are one cell: answers have different numbers of them.
std::string csv_line(const Json& row) {
  std::vector<std::string> line;
  for (const auto& [name, value] : row.items()) {
    std::vector<std::string> cells;
    for (const Json& element : value.is_array() ? value : Json::array({value})) cells.push_back(csv_cell(element));
    if (name == tokens_name) cells = {fmt::format("{}", fmt::join(cells, " "))};
    std::ranges::move(cells, std::back_inserter(line));
  }
  return fmt::format("{}\n", fmt::join(line, ","));
}

std::string as_csv(const Table& table, const SweepResults& results) {
  std::string text = csv_header(table);
  for_each_row(table, results, [&](const Json& row) { text += csv_line(row); });
  return text;
}

std::string as_jsonl(const Table& table, const SweepResults& results) {
  std::string text;
  for_each_row(table, results,
               [&](const Json& row) { text += row.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'; });
  return text;
}

void write_tables(const SweepResults& results, const std::filesystem::path& directory, const char* suffix,
                  const auto& text_of) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw StorageError(directory.string(), "the directory cannot be made: " + error.message());
  SweepResults copy = results;
  for (const Table& table : result_tables(copy))
    if (table.name != "tokens")  // they are with the answers
      write_file_atomically(output_place(directory / (table.name + suffix)), text_of(table, copy));
}

}  // namespace

void export_csv(const SweepResults& results, const std::filesystem::path& directory) {
  write_tables(results, directory, ".csv", as_csv);
}

void export_jsonl(const SweepResults& results, const std::filesystem::path& directory) {
  write_tables(results, directory, ".jsonl", as_jsonl);
}

}  // namespace lorasweep
