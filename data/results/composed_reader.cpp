// SPDX-License-Identifier: Apache-2.0
// Since schema 1.2 a table and a dataset a model; before it, a group a model with a dataset a tensor.
#include "data/results/composed_reader.h"

#include "data/core/error.h"
#include "data/results/checked_reading.h"
#include "data/results/composed_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

// The tensors of a model are asked for one after the other: its numbers are read once, and kept until those of another.
class ModelValues {
 public:
  explicit ModelValues(std::shared_ptr<const Hdf5File> file) : file_(std::move(file)) {}

  Tensor tensor(const std::string& path, std::int64_t offset, const std::vector<std::int64_t>& shape) {
    if (path != path_) {
      values_ = values_as<float>(*file_, path, file_->read_dataset(path));
      path_ = path;
    }
    const auto count = static_cast<std::size_t>(element_count(shape));
    if (static_cast<std::size_t>(offset) > values_.size() || count > values_.size() - offset)
      refuse(*file_, path, "has fewer numbers than its tensors");
    return {shape, {values_.begin() + offset, values_.begin() + offset + static_cast<std::ptrdiff_t>(count)}};
  }

 private:
  std::shared_ptr<const Hdf5File> file_;
  std::string path_;
  std::vector<float> values_;
};

// What the table says of a model's tensors, if it can be.
std::string wrong_tensors(const ComposedIndex& index, std::size_t model, const Extents& values) {
  const auto first = index.first_tensor[model], count = index.n_tensors[model];
  if (first < 0 || count < 0 ||
      static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(count) > index.tensor.size())
    return "has tensors that the file does not hold";
  const auto there = static_cast<std::int64_t>(element_count_of(values));
  std::set<std::string> names;
  for (std::int32_t t = first; t < first + count; ++t) {
    const std::int64_t rows = index.rows[t], columns = index.columns[t], offset = index.offset[t];
    if (rows < 0 || columns < 0 || offset < 0 || offset > there || rows * columns > there - offset)
      return fmt::format("has fewer numbers than tensor {} needs", index.tensor[t]);
    if (!names.insert(index.tensor[t]).second) return fmt::format("has two tensors {}", index.tensor[t]);
  }
  return "";
}

ComposedModel packed_model(const std::shared_ptr<const Hdf5File>& file, const std::shared_ptr<ModelValues>& values,
                           const ComposedIndex& index, std::size_t number) {
  const std::string path = "/composed/" + values_name(number);
  if (!file->has(path)) refuse(*file, path, "is missing");
  const Extents extents = file->extents(path);
  if (extents.size() != 2) refuse(*file, path, "does not have the extents of its dimensions");
  if (const std::string wrong = wrong_tensors(index, number, extents); !wrong.empty()) refuse(*file, path, wrong);
  ComposedModel model{.task_index = index.task_index[number],
                      .replicate = index.replicate[number],
                      .adapter_config = index.adapter_config[number],
                      .weights = {},
                      .adapters = {},
                      .tensors = {},
                      .read = {}};
  const auto numbers = static_cast<std::ptrdiff_t>(std::max<std::size_t>(index.place.size(), 1));
  for (std::int32_t slot = 0; slot < index.slots; ++slot) {
    const std::size_t at = number * static_cast<std::size_t>(index.slots) + static_cast<std::size_t>(slot);
    if (index.adapters[at].empty()) break;
    model.adapters.push_back(index.adapters[at]);
    model.weights.insert(model.weights.end(), index.weights.begin() + static_cast<std::ptrdiff_t>(at) * numbers,
                         index.weights.begin() + static_cast<std::ptrdiff_t>(at + 1) * numbers);
  }
  std::map<std::string, std::pair<std::int64_t, std::vector<std::int64_t>>> places;
  for (std::int32_t t = index.first_tensor[number]; t < index.first_tensor[number] + index.n_tensors[number]; ++t) {
    model.tensors.push_back({index.tensor[t], DType::f32, {index.rows[t], index.columns[t]}});
    places[index.tensor[t]] = {index.offset[t], model.tensors.back().shape};
  }
  model.read = [values, path, places = std::move(places)](const std::string& key) {
    const auto& [offset, shape] = places.at(key);
    return values->tensor(path, offset, shape);
  };
  return model;
}

// Nothing else lies among them that would be passed over.
void require_only(const Hdf5File& file, const Table& table, std::size_t models) {
  std::set<std::string> expected{place_scale};
  for (const Dimension& dimension : table.dimensions) expected.insert(dimension.name);
  for (const Column& column : table.columns) expected.insert(column.name);
  for (std::size_t model = 0; model < models; ++model) {
    expected.insert(values_name(model));
    const std::string path = "/composed/" + values_name(model);
    if (file.has(path) && file.extents(path).size() == 2) expected.insert(row_scale(file.extents(path).front()));
  }
  for (const Hdf5File::Member& member : file.members("/composed"))
    if (member.kind != Hdf5File::Kind::dataset || !expected.contains(member.name))
      refuse(file, "/composed/" + member.name, "belongs to no composed model");
}

void read_packed(const std::shared_ptr<const Hdf5File>& file, Since schema, SweepResults& results) {
  ComposedIndex index;
  index.slots = small_extent(*file, "/composed/adapter_slot");
  index.place = results.summary.place;
  index.task_index.resize(held_extent(*file, "/composed/model"));
  index.tensor.resize(held_extent(*file, "/composed/tensor"));
  const Table table = composed_table(index);
  for (const Column& column : table.columns) read_column(*file, table, column, schema);
  require_only(*file, table, index.task_index.size());
  const auto values = std::make_shared<ModelValues>(file);
  for (std::size_t number = 0; number < index.task_index.size(); ++number)
    results.composed.push_back(packed_model(file, values, index, number));
}

ComposedModel model_of_group(const std::shared_ptr<const Hdf5File>& file, const SweepResults& results, std::size_t task,
                             std::size_t replicate) {
  ComposedModel model;
  model.task_index = static_cast<std::int32_t>(task);
  model.replicate = static_cast<std::int32_t>(replicate);
  const std::string group = composed_name(results, model);
  model.adapter_config = attribute<std::string>(*file, group, "adapter_config");
  model.weights = list_attribute<double>(*file, group, "weights");
  model.adapters = list_attribute<std::string>(*file, group, "adapters");
  for (const Hdf5File::Member& member : file->members(group)) {
    const std::string path = group + "/" + member.name;
    if (member.kind != Hdf5File::Kind::dataset) refuse(*file, path, "is a group among tensors");
    if (file->is_scale(path)) continue;
    const Extents extents = file->extents(path);
    model.tensors.push_back({member.name, DType::f32, {extents.begin(), extents.end()}});
  }
  model.read = [file, group](const std::string& key) {
    Array array = file->read_dataset(group + "/" + key);
    std::vector<std::int64_t> shape(array.extents.begin(), array.extents.end());
    return Tensor{std::move(shape), values_as<float>(*file, group + "/" + key, std::move(array))};
  };
  return model;
}

// The replicate that "r<number>" names, written as the writer does.
std::size_t replicate_of(const Hdf5File& file, const std::string& group, const std::string& name,
                         std::size_t replicates) {
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + std::min<std::size_t>(1, name.size()), end, number);
  if (error != std::errc() || stop != end || name != fmt::format("r{}", number) || number >= replicates)
    refuse(file, group + "/" + name, "belongs to no replicate");
  return number;
}

// What is there, whatever the tables announce.
void read_groups(const std::shared_ptr<const Hdf5File>& file, SweepResults& results) {
  const std::vector<std::string>& tasks = results.summary.task;
  std::map<std::string, std::size_t> places;
  for (std::size_t task = 0; task < tasks.size(); ++task) places.emplace(tasks[task], task);
  for (const Hdf5File::Member& of_task : file->members("/composed")) {
    const std::string group = "/composed/" + of_task.name;
    const auto place = places.find(of_task.name);
    if (place == places.end() || of_task.kind != Hdf5File::Kind::group) refuse(*file, group, "belongs to no task");
    for (const Hdf5File::Member& of_replicate : file->members(group)) {
      const std::size_t replicate = replicate_of(*file, group, of_replicate.name, results.summary.seed.size());
      if (of_replicate.kind != Hdf5File::Kind::group)
        refuse(*file, group + "/" + of_replicate.name, "is a dataset among composed models");
      results.composed.push_back(model_of_group(file, results, place->second, replicate));
    }
  }
  std::ranges::sort(results.composed, {}, [](const ComposedModel& m) { return std::pair(m.task_index, m.replicate); });
}

}  // namespace

void read_composed(const std::shared_ptr<const Hdf5File>& file, Since schema, SweepResults& results) {
  if (schema < Since::schema_1_2) return read_groups(file, results);
  read_packed(file, schema, results);
}

}  // namespace lorasweep
