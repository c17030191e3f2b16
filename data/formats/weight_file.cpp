// SPDX-License-Identifier: Apache-2.0
// Finds a tensor by its name.
#include "data/formats/weight_file.h"

#include <algorithm>

namespace lorasweep {

const TensorInfo* WeightFile::find(const std::string& name) const {
  const auto found = std::ranges::find(tensors(), name, &TensorInfo::name);
  return found == tensors().end() ? nullptr : &*found;
}

}  // namespace lorasweep
