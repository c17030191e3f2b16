// SPDX-License-Identifier: Apache-2.0
// Linear maps of a model as a device wants them: known wherever files are read, whether or not the device is there.
#pragma once

#include "workers/ops/index.h"

#include <cstddef>

namespace lorasweep {

/// A linear map y = x W^T in the device's own packed layout, inside the model image.
struct Projection {
  const std::byte* packed = nullptr;
  Index in = 0, out = 0;
};

/// Bytes and layout of linear maps in the model image. Works on the host, whether or not the device is here: the
/// process that reads the files need not be one that computes.
class Packing {
 public:
  virtual ~Packing() = default;
  virtual std::size_t packed_bytes(Index in, Index out) const = 0;
  virtual void pack(std::byte* packed, const float* weight, Index in, Index out) const = 0;  ///< weight [out, in]
};

}  // namespace lorasweep
