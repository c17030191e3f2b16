// SPDX-License-Identifier: Apache-2.0
// Starts kernels, and gives them shared memory.
#pragma once

#include "workers/cuda/device.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

namespace lorasweep {

/// The shape of a launch. `blocks` may be anything up to 2^31 in x; y and z end at 65,535, so what grows with the batch
/// goes into x.
struct Launch {
  std::int64_t blocks_x = 1, blocks_y = 1;
  int threads = 128;
  std::size_t shared_bytes = 0;
};

/// Enqueues kernel(arguments...) on the device's stream, and counts it. A grid without blocks is legal here: nothing
/// happens.
template <typename... Parameters, typename... Arguments>
void launch(const char* name, const Device& device, const Launch& shape, void (*kernel)(Parameters...),
            Arguments&&... arguments) {
  if (shape.blocks_x == 0 || shape.blocks_y == 0) return;
  if (shape.blocks_x > std::numeric_limits<std::int32_t>::max() || shape.blocks_y > 65535)
    throw std::length_error(std::string(name) + ": the batch is too large for one launch");
  constexpr std::size_t without_asking = std::size_t{48} << 10;
  if (shape.shared_bytes > without_asking)
    check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shape.shared_bytes)),
          name);
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(shape.blocks_x), static_cast<unsigned>(shape.blocks_y));
  config.blockDim = dim3(static_cast<unsigned>(shape.threads));
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = device.stream();
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(std::forward<Arguments>(arguments))...), name);
  ++device.counters().launches;
}

inline std::int64_t blocks_for(std::int64_t items, std::int64_t per_block) {
  return (items + per_block - 1) / per_block;
}

}  // namespace lorasweep
