// SPDX-License-Identifier: Apache-2.0
// In place of the device's: the running block's memory.
#pragma once

#include "tests/testing/cuda_on_host/block.h"

namespace lorasweep {

template <typename T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(cuda_on_host::dynamic_shared_memory());
}

}  // namespace lorasweep
