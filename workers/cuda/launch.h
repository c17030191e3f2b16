// SPDX-License-Identifier: Apache-2.0
// Starts kernels, and gives them shared memory.
#pragma once

#include "workers/cuda/device.h"
#include "workers/ops/to_int32.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace lorasweep {

/// The shape of a launch. `blocks` may be anything up to 2^31 in x; y and z end at 65,535, so what grows with the batch
/// goes into x.
struct Launch {
  Index blocks_x = 1, blocks_y = 1;
  int threads = 128;
  std::size_t shared_bytes = 0;
};

/// An argument as the kernel takes it; std::length_error if its integer is narrower and the number does not fit.
template <typename Parameter, typename Argument>
Parameter kernel_argument(const char* name, const Argument& argument) {
  if constexpr (std::is_integral_v<Parameter> && std::is_same_v<Argument, Index>)
    if (!std::in_range<Parameter>(argument))
      throw std::length_error(std::string(name) + ": the batch is too large for one launch");
  return static_cast<Parameter>(argument);
}

/// Enqueues kernel(arguments...) on the device's stream, and counts it. A grid without blocks is legal here: nothing
/// happens.
template <typename... Parameters, typename... Arguments>
void launch(const char* name, const Device& device, const Launch& shape, void (*kernel)(Parameters...),
            const Arguments&... arguments) {
  if (shape.blocks_x == 0 || shape.blocks_y == 0) return;
  if (shape.blocks_x > std::numeric_limits<std::int32_t>::max() || shape.blocks_y > 65535)
    throw std::length_error(std::string(name) + ": the batch is too large for one launch");
  constexpr std::size_t without_asking = std::size_t{48} << 10;
  if (shape.shared_bytes > without_asking)
    check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                               to_int32(shape.shared_bytes)),
          name);
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(to_int32(shape.blocks_x), to_int32(shape.blocks_y));
  config.blockDim = dim3(shape.threads);
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = device.stream();
  check(cudaLaunchKernelEx(&config, kernel, kernel_argument<Parameters>(name, arguments)...), name);
  ++device.counters().launches;
}

inline Index blocks_for(Index items, Index per_block) { return (items + per_block - 1) / per_block; }

}  // namespace lorasweep
