// SPDX-License-Identifier: Apache-2.0
// The shared memory whose size a launch decides.
#pragma once

namespace lorasweep {

/// Aligned to 16 bytes; contents are undefined when a block starts.
template <typename T>
__device__ __forceinline__ T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char shared_memory[];
  return reinterpret_cast<T*>(shared_memory);
}

}  // namespace lorasweep
