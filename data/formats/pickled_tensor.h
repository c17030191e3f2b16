// SPDX-License-Identifier: Apache-2.0
// A tensor of a torch archive, as its pickle has it.
#pragma once

#include "data/tensor/tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

/// One tensor as the pickle describes it. Offset and strides count elements; nothing here was checked against
/// the storage's bytes yet.
struct PickledTensor {
  TensorInfo info;
  std::string storage;  ///< decimal digits: the entry data/<storage>
  std::uint64_t storage_elements = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> strides;
};

}  // namespace lorasweep
