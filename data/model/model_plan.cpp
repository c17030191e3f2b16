// SPDX-License-Identifier: Apache-2.0
// What can be asked of every plan, whichever family it belongs to.
#include "data/model/model_plan.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace lorasweep {
namespace {

template <typename Entry>
int number_at(const std::vector<Entry>& entries, const Place& place, const char* what) {
  const auto found = std::ranges::find(entries, place, &Entry::place);
  if (found == entries.end())
    throw InternalError(fmt::format("the plan of the model has no {} {} in layer {} of stack \"{}\"", what, place.role,
                                    place.layer, place.stack));
  return static_cast<int>(found - entries.begin());
}

// Tensors in the order in which they were first asked for.
class TensorList {
 public:
  void add(StoredTensor tensor) {
    const auto [known, added] = place_.try_emplace(tensor.name, list_.size());
    if (added) {
      list_.push_back(std::move(tensor));
      return;
    }
    StoredTensor& first = list_[known->second];
    if (first.shape != tensor.shape)
      throw InternalError("the plan of the model has two shapes for tensor " + tensor.name);
    for (std::string& alias : tensor.aliases)
      if (!std::ranges::count(first.aliases, alias)) first.aliases.push_back(std::move(alias));
  }
  std::vector<StoredTensor> take() { return std::move(list_); }

 private:
  std::vector<StoredTensor> list_;
  std::map<std::string, std::size_t> place_;
};

}  // namespace

int PartPlan::out() const {
  int sum = 0;
  for (const MapPlan& map : maps) sum += map.out;
  return sum;
}

int table_number(const ModelPlan& plan, const Place& place) { return number_at(plan.tables, place, "table"); }
int part_number(const ModelPlan& plan, const Place& place) { return number_at(plan.parts, place, "part"); }

std::vector<StoredTensor> stored_tensors(const ModelPlan& plan) {
  TensorList list;
  for (const TablePlan& table : plan.tables)
    if (!table.tensor.name.empty()) list.add(table.tensor);
  for (const PartPlan& part : plan.parts)
    for (const MapPlan& map : part.maps) {
      list.add(
          {map.weight, map.aliases,
           map.transposed ? std::vector<std::int64_t>{map.in, map.out} : std::vector<std::int64_t>{map.out, map.in}});
      if (!map.bias.empty()) list.add({map.bias, {}, {map.out}});
    }
  return list.take();
}

}  // namespace lorasweep
