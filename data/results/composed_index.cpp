// SPDX-License-Identifier: Apache-2.0
#include "data/results/composed_index.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace lorasweep {
namespace {

using Tensors = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

Tensors tensors_of(const ComposedModel& model) {
  Tensors tensors;
  for (const TensorInfo& info : model.tensors) tensors.emplace_back(info.name, info.shape);
  return tensors;
}

std::int32_t as_extent(std::int64_t extent, const std::string& name) {
  if (extent < 0 || extent > std::numeric_limits<std::int32_t>::max())
    throw InternalError("a composed tensor is too large: " + name);
  return static_cast<std::int32_t>(extent);
}

void append(ComposedIndex& index, const Tensors& tensors) {
  std::int64_t offset = 0;
  for (const auto& [name, shape] : tensors) {
    if (shape.size() != 2) throw InternalError("a composed tensor is not a matrix: " + name);
    index.tensor.push_back(name);
    index.rows.push_back(as_extent(shape[0], name));
    index.columns.push_back(as_extent(shape[1], name));
    index.offset.push_back(offset);
    offset += shape[0] * shape[1];
  }
}

}  // namespace

Table composed_table(ComposedIndex& c) {
  const std::vector<std::string> model{"model"}, tensor{"tensor"}, slot{"model", "adapter_slot"};
  Table table{
      .name = "composed",
      .dimensions = {{.name = "model", .extent = c.task_index.size(), .long_name = "number of the composed model"},
                     {.name = "adapter_slot",
                      .extent = static_cast<std::uint64_t>(std::max(c.slots, 0)),
                      .long_name = "place of an adapter among those drawn"},
                     {.name = "tensor", .extent = c.tensor.size(), .long_name = "number of the tensor"}},
      .columns = {{"task_index", &c.task_index, model, "index into the tasks of /summary"},
                  {"replicate", &c.replicate, model, "index into the replicates of /summary"},
                  {"adapter_config", &c.adapter_config, model, "PEFT's adapter_config.json"},
                  {"first_tensor", &c.first_tensor, model, "its first tensor"},
                  {"n_tensors", &c.n_tensors, model, "how many tensors it has from there on"},
                  {"weights", &c.weights, along_places(slot, c.place), "weights of the drawn adapters", "1", "",
                   Gaps::possible},
                  {"adapters", &c.adapters, slot, "names of the drawn adapters"},
                  {"tensor_name", &c.tensor, tensor, "PEFT's name of the tensor"},
                  {"tensor_rows", &c.rows, tensor, "its rows"},
                  {"tensor_columns", &c.columns, tensor, "its columns"},
                  {"tensor_offset", &c.offset, tensor, "place of its first number among those of a model"}}};
  add_places(table.dimensions, c.place);
  return table;
}

ComposedIndex index_of(const std::vector<ComposedModel>& models, const std::vector<std::string>& places) {
  ComposedIndex index;
  index.place = places;
  for (const ComposedModel& model : models)
    index.slots = std::max(index.slots, static_cast<std::int32_t>(model.adapters.size()));
  std::map<Tensors, std::int32_t> known;  // to the place of its first
  for (const ComposedModel& model : models) {
    index.task_index.push_back(model.task_index);
    index.replicate.push_back(model.replicate);
    index.adapter_config.push_back(model.adapter_config);
    const Tensors tensors = tensors_of(model);
    const auto [place, is_new] = known.emplace(tensors, static_cast<std::int32_t>(index.tensor.size()));
    if (is_new) append(index, tensors);
    index.first_tensor.push_back(place->second);
    index.n_tensors.push_back(static_cast<std::int32_t>(tensors.size()));
    std::vector<double> weights = model.weights;
    std::vector<std::string> adapters = model.adapters;
    weights.resize(index.slots * std::max<std::size_t>(places.size(), 1), std::numeric_limits<double>::quiet_NaN());
    adapters.resize(index.slots);
    index.weights.insert(index.weights.end(), weights.begin(), weights.end());
    std::ranges::move(adapters, std::back_inserter(index.adapters));
  }
  return index;
}

std::uint64_t count_of_values(const ComposedModel& model) {
  std::uint64_t count = 0;
  for (const TensorInfo& info : model.tensors) count += static_cast<std::uint64_t>(element_count(info.shape));
  return count;
}

std::string values_name(std::size_t model) { return fmt::format("values_{}", model); }
std::string row_scale(std::uint64_t rows) { return fmt::format("row_{}", rows); }

}  // namespace lorasweep
