// SPDX-License-Identifier: Apache-2.0
// One walk of the plan decides where everything lies; writing and binding look it up.
#include "workers/network/model_image.h"

#include "data/core/parallel.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t alignment = 64;

bool has_bias(const PartPlan& part) {
  return std::ranges::any_of(part.maps, [](const MapPlan& map) { return !map.bias.empty(); });
}

// The maps that a part becomes: one, or one a head.
std::vector<Projection> shapes(const PartPlan& part) {
  if (part.form == PartForm::stacked) return {{nullptr, part.in(), part.out()}};
  const Index in = part.in(), out = part.out();
  if (part.maps.size() != 1 || part.heads < 1 || out % part.heads != 0)
    throw std::logic_error("a part by heads is not one map whose outputs divide into them");
  const Index width = out / part.heads;
  const bool transposed = part.form == PartForm::heads_transposed;
  return std::vector<Projection>(part.heads, {nullptr, transposed ? width : in, transposed ? in : width});
}

// [cols, rows] <- [rows, cols]
std::vector<float> transposed(const float* values, Index rows, Index cols) {
  std::vector<float> out(rows * cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) out[j * rows + i] = values[i * cols + j];
  return out;
}

// The weight as [out, in], whichever way it lies on disk.
std::vector<float> weight_of(const MapPlan& map, const TensorSource& source) {
  Tensor tensor = source(map.weight);
  return map.transposed ? transposed(tensor.values.data(), map.in, map.out) : std::move(tensor.values);
}

// The weights of a part as [all outputs, in].
std::vector<float> weights_of(const PartPlan& part, const TensorSource& source) {
  std::vector<float> all = weight_of(part.maps.front(), source);
  for (std::size_t i = 1; i < part.maps.size(); ++i) {
    const std::vector<float> next = weight_of(part.maps[i], source);
    all.insert(all.end(), next.begin(), next.end());
  }
  return all;
}

std::vector<float> bias_of(const PartPlan& part, const TensorSource& source) {
  std::vector<float> all;
  for (const MapPlan& map : part.maps) {
    const std::vector<float> own = map.bias.empty() ? std::vector<float>(map.out) : source(map.bias).values;
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::vector<float> values_of(const TablePlan& table, const TensorSource& source) {
  Tensor tensor = table.tensor.name.empty() ? Tensor{} : source(table.tensor.name);
  std::vector<float> values = table.prepare ? table.prepare(tensor) : std::move(tensor.values);
  if (table.factor != 1)
    for (float& value : values) value = static_cast<float>(value * table.factor);
  return values;
}

void copy(std::byte* to, const std::vector<float>& values) {
  std::memcpy(to, values.data(), values.size() * sizeof(float));
}

std::size_t floats(Index rows, Index cols) { return rows * cols * sizeof(float); }

}  // namespace

ModelImage::ModelImage(const ModelPlan& plan, const Packing& packing) : plan_(plan) {
  for (const TablePlan& table : plan.tables) tables_.push_back(place(floats(table.rows, table.cols)));
  for (const PartPlan& part : plan.parts) {
    PartOffsets& offsets = parts_.emplace_back();
    for (const Projection& map : shapes(part)) offsets.maps.push_back(place(packing.packed_bytes(map.in, map.out)));
    if (has_bias(part)) offsets.bias = place(floats(1, part.out()));
  }
}

std::size_t ModelImage::place(std::size_t bytes) {
  const std::size_t here = bytes_;
  bytes_ += (bytes + alignment - 1) / alignment * alignment;
  return here;
}

void ModelImage::write(std::byte* image, const Packing& packing, const TensorSource& source) const {
  in_parallel(tables_.size(), [&](std::size_t i) { copy(image + tables_[i], values_of(plan_.tables[i], source)); });
  in_parallel(parts_.size(), [&](std::size_t i) {
    const PartPlan& part = plan_.parts[i];
    const std::vector<Projection> maps = shapes(part);
    const std::vector<float> weights = weights_of(part, source);
    for (std::size_t m = 0; m < maps.size(); ++m) {
      const Projection& map = maps[m];
      // Heads lie one after the other in the rows of the weight.
      const float* own = weights.data() + m * map.in * map.out;
      std::byte* here = image + parts_[i].maps[m];
      if (part.form == PartForm::heads_transposed)
        packing.pack(here, transposed(own, map.in, map.out).data(), map.in, map.out);
      else
        packing.pack(here, own, map.in, map.out);
    }
    if (has_bias(part)) copy(image + parts_[i].bias, bias_of(part, source));
  });
}

BoundModel ModelImage::bind(const std::byte* image) const {
  BoundModel model;
  const auto view = [&](std::size_t offset, Index rows, Index cols) {
    return View{const_cast<std::byte*>(image) + offset, Element::f32, rows, cols, cols};
  };
  for (std::size_t i = 0; i < tables_.size(); ++i)
    model.tables.push_back(view(tables_[i], plan_.tables[i].rows, plan_.tables[i].cols));
  for (Index i = 0; i < std::ssize(parts_); ++i) {
    const PartPlan& part = plan_.parts[i];
    BoundPart& bound = model.parts.emplace_back(BoundPart{.number = i, .maps = shapes(part)});
    for (std::size_t m = 0; m < bound.maps.size(); ++m) bound.maps[m].packed = image + parts_[i].maps[m];
    if (has_bias(part)) bound.bias = view(parts_[i].bias, 1, part.out());
  }
  return model;
}

}  // namespace lorasweep
