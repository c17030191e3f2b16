// SPDX-License-Identifier: Apache-2.0
// The base model as one block of bytes in the device's layout: laid out by every process, filled by one process
// of a node, shared by all of them.
#pragma once

#include "data/model/model_plan.h"
#include "data/tensor/tensor.h"
#include "workers/ops.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace lorasweep {

/// Gives a tensor by its canonical name (Checkpoint::read).
using TensorSource = std::function<Tensor(const std::string& name)>;

/// A part of the plan in the device's memory.
struct BoundPart {
  Index number = -1;             ///< of the part, by which composed factors know it (ComposedFactors::blocks)
  std::vector<Projection> maps;  ///< one; or one a head (PartForm)
  View bias;                     ///< f32 [1, out]; no data where no map of the part has one
};

/// Where everything lies in the device's memory; both by the plan's numbers.
struct BoundModel {
  std::vector<View> tables;  ///< f32
  std::vector<BoundPart> parts;
};

class ModelImage {
 public:
  /// Lays the plan's tables and parts out, in the plan's order. `plan` must outlive it.
  ModelImage(const ModelPlan& plan, const Packing& packing);

  std::size_t bytes() const { return bytes_; }

  /// Fills host memory of bytes() bytes, aligned to 64. `packing` lays out as the constructor's did. `source` is called
  /// from several threads at once (in_parallel()), a part each.
  void write(std::byte* image, const Packing& packing, const TensorSource& source) const;

  /// What lies inside an image that `ops.adopt` returned.
  BoundModel bind(const std::byte* image) const;

 private:
  struct PartOffsets {
    std::vector<std::size_t> maps;
    std::size_t bias = 0;
  };
  std::size_t place(std::size_t bytes);

  const ModelPlan& plan_;
  std::vector<std::size_t> tables_;
  std::vector<PartOffsets> parts_;
  std::size_t bytes_ = 0;
};

}  // namespace lorasweep
