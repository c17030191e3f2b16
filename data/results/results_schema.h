// SPDX-License-Identifier: Apache-2.0
// The tables of a results file: which column is called what, lies along which dimensions, and means what.
// Writer, reader and exports go through this one list. In words: docs/formats/results.md.
#pragma once

#include "data/results/array.h"
#include "data/results/sweep_results.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lorasweep {

constexpr const char* results_format = "LORASWEEP-RESULT";
constexpr const char* results_schema_version = "1.2.0";
constexpr const char* schema_version_of_places = "1.3.0";  ///< of files whose weights have a dimension place
constexpr const char* results_conventions = "LORASWEEP-1.0";
constexpr const char* results_major_version = "1.";  ///< how the version of a file that can be read begins

/// Where a column lies in a SweepResults.
using ColumnValues = std::variant<std::vector<std::int8_t>*, std::vector<std::int32_t>*, std::vector<std::int64_t>*,
                                  std::vector<double>*, std::vector<std::string>*>;

/// Whether a column may hold NaN or -1 for what is not known; it then carries _FillValue, or unknown_value.
enum class Gaps { none, possible };

/// The first schema that has a column, dimension or table. Files of an earlier one are read as if nothing were known of
/// it.
enum class Since { schema_1_0, schema_1_1, schema_1_2 };

Since schema_of(const std::string& version);

struct Column {
  std::string name;
  ColumnValues values;
  std::vector<std::string> dimensions;  ///< names of its table's dimensions
  std::string long_name;
  std::string units = "";          ///< empty: none
  std::string flag_meanings = "";  ///< of the codes 0, 1, ...: space between; empty: no codes
  Gaps gaps = Gaps::none;
  Since since = Since::schema_1_0;
};

struct Dimension {
  std::string name;
  std::uint64_t extent = 0;
  std::string long_name;
  const std::vector<std::string>* labels = nullptr;  ///< its coordinate; nullptr: 0, 1, ...
  Since since = Since::schema_1_0;
};

struct Table {
  std::string name;  ///< its group is "/" + name
  std::vector<Dimension> dimensions;
  std::vector<Column> columns;  ///< without the coordinates of the dimensions
  Since since = Since::schema_1_0;
  std::size_t row_dimensions = 1;  ///< the first ones: they number what is a row in text

  const Dimension& dimension(const std::string& wanted) const;  ///< InternalError if there is none
};

/// Where weights lie along: the leading dimensions, and place, where there are places.
std::vector<std::string> along_places(std::vector<std::string> leading, const std::vector<std::string>& places);
/// The dimension itself, behind those of the table that has weights; nothing where there are none.
void add_places(std::vector<Dimension>& dimensions, const std::vector<std::string>& places);

/// summary, evaluations, predictions, tokens, adapters, examples, statistics, and screen if there is one: views into
/// `results`, which must outlive them. Extents are as the results have them now.
std::vector<Table> result_tables(SweepResults& results);

std::string group_of(const Table& table);
/// Extents of a column by the table's dimensions.
Extents extents_of(const Table& table, const Column& column);
/// Number of values that the column has now.
std::uint64_t size_of(const Column& column);
/// The column of a file that is older than it: everything in it is not known.
void fill_unknown(const Column& column, std::uint64_t size);
/// What stands for "not known": NaN, or -1.
std::optional<Array> fill_of(const Column& column);

/// "/composed/<task>/r<replicate>": as messages name it. Files of schemas before 1.2 have a group of this name.
std::string composed_name(const SweepResults& results, const ComposedModel& model);

}  // namespace lorasweep
