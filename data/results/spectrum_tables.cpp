// SPDX-License-Identifier: Apache-2.0
#include "data/results/spectrum_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lorasweep {
namespace {

const std::vector<std::string> row{"row"};

// Whose the row is.
std::vector<Column> subject_columns(auto& table) {
  const auto index = [](const char* name, std::vector<std::int32_t>* values, const char* long_name) {
    return Column{name, values, row, long_name, "", "", Gaps::possible, Since::schema_1_2};
  };
  return {{"of", &table.of, row, "what changes the base model", "", "adapter composition"},
          index("adapter_index", &table.adapter_index, "of an adapter: index into /adapters"),
          index("task_index", &table.task_index, "of a composition: index into the tasks of /summary"),
          index("replicate", &table.replicate, "of a composition: index into the replicates of /summary")};
}

Column measure(const char* name, std::vector<double>* values, const char* long_name,
               std::vector<std::string> dimensions = row) {
  return {name, values, std::move(dimensions), long_name, "1", "", Gaps::possible, Since::schema_1_2};
}

Dimension row_dimension(std::size_t rows) {
  return {.name = "row", .extent = rows, .long_name = "number of the row", .since = Since::schema_1_2};
}

Table spectrum_table(Spectrum& s) {
  Table table{.name = "spectrum",
              .dimensions = {row_dimension(s.of.size()),
                             {.name = "component",
                              .extent = static_cast<std::uint64_t>(std::max(s.components, 0)),
                              .long_name = "number of the singular value, the greatest first",
                              .since = Since::schema_1_2}},
              .columns = subject_columns(s),
              .since = Since::schema_1_2};
  for (const Column& column :
       {Column{"site", &s.site, row, "linear map that is changed"}, Column{"out", &s.out, row, "its outputs"},
        Column{"in", &s.in, row, "its inputs"}, Column{"rank", &s.rank, row, "rank of the factors"},
        measure("frobenius", &s.frobenius, "Frobenius norm of the change"),
        measure("top_share", &s.top_share, "share of the greatest singular value in the sum of squares"),
        measure("effective_rank", &s.effective_rank, "exp of the entropy of the singular values over their sum"),
        measure("stable_rank", &s.stable_rank, "sum of squares over the square of the greatest"),
        measure("singular_values", &s.singular_values, "singular values of the change", {"row", "component"})})
    table.columns.push_back(column);
  return table;
}

Table overlap_table(Spectrum::Overlap& o) {
  Table table{.name = "overlap",
              .dimensions = {row_dimension(o.of.size())},
              .columns = subject_columns(o),
              .since = Since::schema_1_2};
  for (const Column& column :
       {Column{"with_adapter", &o.with_adapter, row, "adapter that it is compared with: index into /adapters"},
        Column{"n_sites", &o.n_sites, row, "linear maps that both change"},
        measure("out", &o.out, "overlap of the spaces of outputs, mean over these"),
        measure("in", &o.in, "overlap of the spaces of inputs, mean over these")})
    table.columns.push_back(column);
  return table;
}

std::string out_of_range(const std::string& column, const std::vector<std::int32_t>& values, std::int32_t low,
                         std::size_t end) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < low || std::cmp_greater_equal(values[i], end))
      return fmt::format("{}[{}] is {}, but must be from {} to below {}", column, i, values[i], low, end);
  return "";
}

// Whose rows are: an adapter, or a task and a replicate.
std::string wrong_subjects(const std::string& name, const auto& table, const SweepResults& results) {
  for (std::size_t i = 0; i < table.of.size(); ++i) {
    const bool is_adapter = table.of[i] == static_cast<std::int8_t>(SpectrumOf::adapter);
    if (!is_adapter && table.of[i] != static_cast<std::int8_t>(SpectrumOf::composition))
      return fmt::format("{}/of[{}] is {}", name, i, table.of[i]);
    const std::int32_t unused = -1;
    const std::vector<std::int32_t> adapter{table.adapter_index[i]}, task{table.task_index[i]},
        replicate{table.replicate[i]};
    for (const std::string& wrong : {out_of_range(name + "/adapter_index", adapter, is_adapter ? 0 : unused,
                                                  is_adapter ? results.adapters.name.size() : 0),
                                     out_of_range(name + "/task_index", task, is_adapter ? unused : 0,
                                                  is_adapter ? 0 : results.summary.task.size()),
                                     out_of_range(name + "/replicate", replicate, is_adapter ? unused : 0,
                                                  is_adapter ? 0 : results.summary.seed.size())})
      if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

std::vector<Table> spectrum_tables(Spectrum& spectrum) {
  return {spectrum_table(spectrum), overlap_table(spectrum.overlap)};
}

std::string first_contradiction(Spectrum& spectrum, const SweepResults& results) {
  for (const Table& table : spectrum_tables(spectrum))
    for (const Column& column : table.columns)
      if (const auto expected = element_count_of(extents_of(table, column)); size_of(column) != expected)
        return fmt::format("{}/{} has {} values, but should have {}", table.name, column.name, size_of(column),
                           expected);
  for (const std::string& wrong :
       {wrong_subjects("spectrum", spectrum, results), wrong_subjects("overlap", spectrum.overlap, results),
        out_of_range("overlap/with_adapter", spectrum.overlap.with_adapter, 0, results.adapters.name.size())})
    if (!wrong.empty()) return wrong;
  return "";
}

}  // namespace lorasweep
