// SPDX-License-Identifier: Apache-2.0
// Lengths, ranges and names; the order of rows.
#include "data/results/results_check.h"

#include "data/results/results_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace lorasweep {
namespace {

bool can_name_a_group(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// The place of the first value outside [low, end), or nothing.
std::string out_of_range(const char* column, const std::vector<std::int32_t>& values, std::int64_t low,
                         std::size_t end) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < low || values[i] >= static_cast<std::int64_t>(end))
      return fmt::format("{}[{}] is {}, but must be from {} to below {}", column, i, values[i], low, end);
  return "";
}

std::string wrong_length(SweepResults& results) {
  for (const Table& table : result_tables(results))
    for (const Column& column : table.columns)
      if (const auto expected = element_count_of(extents_of(table, column)); size_of(column) != expected)
        return fmt::format("{}/{} has {} values, but should have {}", table.name, column.name, size_of(column),
                           expected);
  return "";
}

std::string wrong_name(const SweepResults& results) {
  std::set<std::string> seen;
  for (const std::string& task : results.summary.task) {
    if (!can_name_a_group(task)) return fmt::format("a task is called '{}'", task);
    if (!seen.insert(task).second) return fmt::format("two tasks are called '{}'", task);
  }
  const std::set<std::string> places(results.summary.place.begin(), results.summary.place.end());
  if (places.size() != results.summary.place.size() || places.contains("")) return "a place has no name, or another's";
  for (const auto& [name, text] : results.provenance)
    if (!can_name_a_group(name)) return fmt::format("a text of the provenance is called '{}'", name);
  return "";
}

std::string wrong_composed(const SweepResults& results) {
  std::set<std::pair<std::int32_t, std::int32_t>> seen;
  for (const ComposedModel& model : results.composed) {
    if (std::string wrong = out_of_range("composed task", {model.task_index}, 0, results.summary.task.size());
        !wrong.empty())
      return wrong;
    if (std::string wrong = out_of_range("composed replicate", {model.replicate}, 0, results.summary.seed.size());
        !wrong.empty())
      return wrong;
    if (!seen.emplace(model.task_index, model.replicate).second)
      return fmt::format("{} is there twice", composed_name(results, model));
    if (model.weights.size() != model.adapters.size() * results.summary.places())
      return fmt::format("{} has {} weights for {} adapters", composed_name(results, model), model.weights.size(),
                         model.adapters.size());
    for (const TensorInfo& tensor : model.tensors)
      if (!can_name_a_group(tensor.name))
        return fmt::format("{} has a tensor called '{}'", composed_name(results, model), tensor.name);
  }
  return "";
}

template <typename T>
void permute(std::vector<T>& rows, const std::vector<std::size_t>& order) {
  const std::size_t width = order.empty() ? 0 : rows.size() / order.size();
  std::vector<T> sorted;
  sorted.reserve(rows.size());
  for (const std::size_t row : order)
    for (std::size_t i = 0; i < width; ++i) sorted.push_back(std::move(rows[row * width + i]));
  rows = std::move(sorted);
}

// The tokens of unknown answers are nobody's, and so is what lies between those of others.
std::string wrong_tokens(const Predictions& p) {
  for (std::size_t row = 0; row < p.first_token.size(); ++row) {
    const std::int64_t first = p.first_token[row], count = p.n_tokens[row];
    const bool is_unknown = first == -1 && count == -1;
    if (!is_unknown && (first < 0 || count < 0 || first > std::ssize(p.tokens) - count))
      return fmt::format("predictions[{}] has {} tokens from {}, but there are {}", row, count, first, p.tokens.size());
  }
  return "";
}

// One after the other in the order of the rows, so that equal answers lie alike.
void pack_tokens(Predictions& p) {
  std::vector<std::int32_t> packed;
  packed.reserve(p.tokens.size());
  for (std::size_t row = 0; row < p.first_token.size(); ++row) {
    if (p.n_tokens[row] < 0) continue;
    const auto begin = p.tokens.begin() + p.first_token[row];
    p.first_token[row] = std::ssize(packed);
    packed.insert(packed.end(), begin, begin + p.n_tokens[row]);
  }
  p.tokens = std::move(packed);
}

const Table& table_of(const std::vector<Table>& tables, const std::string& name) {
  return *std::ranges::find(tables, name, &Table::name);
}

// All columns of such a table have the row as their first dimension.
void sort_table(const Table& table, std::size_t rows, const auto& key) {
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, key);
  for (const Column& column : table.columns) std::visit([&](auto* values) { permute(*values, order); }, column.values);
}

}  // namespace

std::string first_contradiction(SweepResults& results) {
  const std::size_t tasks = results.summary.task.size(), replicates = results.summary.seed.size();
  if (std::string wrong = wrong_length(results); !wrong.empty()) return wrong;
  if (std::string wrong = wrong_name(results); !wrong.empty()) return wrong;
  const Evaluations& e = results.evaluations;
  const Predictions& p = results.predictions;
  const Examples& x = results.examples;
  const std::string ranges[] = {
      out_of_range("evaluations/task_index", e.task_index, 0, tasks),
      out_of_range("evaluations/replicate", e.replicate, 0, replicates),
      out_of_range("predictions/task_index", p.task_index, 0, tasks),
      out_of_range("predictions/replicate", p.replicate, -1, replicates),
      out_of_range("examples/task_index", x.task_index, 0, tasks),
      out_of_range("examples/replicate", x.replicate, -1, replicates),
      out_of_range("statistics/task_index", results.statistics.task_index, -1, tasks),
      out_of_range("summary/by_shots", results.summary.by_shots, -1, replicates),
      out_of_range("summary/adapter_index", results.summary.adapter_index, -1, results.adapters.name.size())};
  for (const std::string& wrong : ranges)
    if (!wrong.empty()) return wrong;
  if (std::string wrong = wrong_tokens(p); !wrong.empty()) return wrong;
  return wrong_composed(results);
}

std::string first_unknown_code(SweepResults& results) {
  for (const Table& table : result_tables(results))
    for (const Column& column : table.columns) {
      const auto* codes = std::get_if<std::vector<std::int8_t>*>(&column.values);
      if (codes == nullptr || column.flag_meanings.empty()) continue;
      const auto known = 1 + std::ranges::count(column.flag_meanings, ' ');
      const std::vector<std::int32_t> numbers((*codes)->begin(), (*codes)->end());
      const std::string name = table.name + "/" + column.name;
      if (std::string wrong = out_of_range(name.c_str(), numbers, 0, static_cast<std::size_t>(known)); !wrong.empty())
        return wrong;
    }
  const auto steps = static_cast<std::size_t>(std::max(results.summary.steps, 0));
  if (std::string wrong = out_of_range("evaluations/step", results.evaluations.step, 0, steps); !wrong.empty())
    return wrong;
  return out_of_range("summary/best_step", results.summary.best_step, -1, steps);
}

void sort_rows(SweepResults& results) {
  const std::vector<Table> tables = result_tables(results);
  // Keys are copied out: the columns move while they are sorted.
  const Evaluations& e = results.evaluations;
  const auto task = e.task_index, replicate = e.replicate, step = e.step;
  sort_table(table_of(tables, "evaluations"), step.size(),
             [&](std::size_t row) { return std::tuple(task[row], replicate[row], step[row]); });
  const Predictions& p = results.predictions;
  const auto of = p.of;
  const auto of_task = p.task_index, of_replicate = p.replicate, example = p.example_index;
  sort_table(table_of(tables, "predictions"), of.size(),
             [&](std::size_t row) { return std::tuple(of[row], of_task[row], of_replicate[row], example[row]); });
  pack_tokens(results.predictions);
  const Examples& x = results.examples;
  const auto its_task = x.task_index, its_replicate = x.replicate, place = x.example_index;
  const auto role = x.role;
  sort_table(table_of(tables, "examples"), role.size(),
             [&](std::size_t row) { return std::tuple(its_task[row], role[row], its_replicate[row], place[row]); });
}

}  // namespace lorasweep
