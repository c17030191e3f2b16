// SPDX-License-Identifier: Apache-2.0
#include "data/results/composed_writer.h"

#include "data/core/error.h"
#include "data/results/composed_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// Of all tensors, one after the other, in rows.
Array values_of(const SweepResults& results, const ComposedModel& model) {
  const std::uint64_t rows = (count_of_values(model) + composed_row - 1) / composed_row;
  std::vector<float> values;
  values.reserve(rows * composed_row);
  for (const TensorInfo& info : model.tensors) {
    const Tensor tensor = model.read(info.name);
    if (tensor.shape != info.shape)
      throw InternalError(fmt::format("{}/{} is {}, but was announced as {}", composed_name(results, model), info.name,
                                      describe_shape(tensor.shape), describe_shape(info.shape)));
    values.insert(values.end(), tensor.values.begin(), tensor.values.end());
  }
  values.resize(rows * composed_row);
  return {{rows, composed_row}, std::move(values)};
}

}  // namespace

void write_composed(ResultsSink& sink, const SweepResults& results) {
  ComposedIndex index = index_of(results.composed, results.summary.place);
  const Table table = composed_table(index);
  sink.table(table);
  const std::string group = group_of(table) + "/";
  const auto scale = [&](const std::string& name, std::uint64_t extent, const char* long_name) {
    sink.scale(group + name, name, counting(extent));
    sink.text(group + name, "long_name", long_name);
  };
  scale(place_scale, composed_row, "place in the row");
  std::set<std::uint64_t> scaled;
  for (std::size_t number = 0; number < results.composed.size(); ++number) {
    const Array values = values_of(results, results.composed[number]);
    const std::uint64_t rows = values.extents.front();
    if (scaled.insert(rows).second) scale(row_scale(rows), rows, "number of the row");
    const std::string path = group + values_name(number);
    sink.dataset(path, values);
    sink.text(path, "long_name", "numbers of all tensors of model " + std::to_string(number) + ", end to end");
    sink.attach(path, 0, group + row_scale(rows));
    sink.attach(path, 1, group + place_scale);
  }
}

}  // namespace lorasweep
