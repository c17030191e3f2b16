// SPDX-License-Identifier: Apache-2.0
// Matrices that are made and compared on the device: too many and too large to be fetched.
#pragma once

#include "workers/cuda/device.h"
#include "workers/ops.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace lorasweep {

/// Values in [-1, 1), the same for a seed everywhere. f32 or bf16, dense.
void fill_with_noise(const Device& device, View out, std::uint32_t seed);

/// Many comparisons, of which the results are asked for once.
class BitComparison {
 public:
  BitComparison(Device& device, int places);
  /// Enqueues: notes at `place` whether two f32 matrices of one shape differ in any bit.
  void compare(View a, View b, int place);
  /// Waits. The places that were noted, ascending.
  std::vector<int> differing();

 private:
  Device& device_;
  int places_;
  std::shared_ptr<std::byte> noted_;  ///< i32 [places], zero or not
};

}  // namespace lorasweep
