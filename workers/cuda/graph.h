// SPDX-License-Identifier: Apache-2.0
// A recorded sequence of kernels that the device starts as one.
#pragma once

#include "workers/cuda/device.h"

#include <functional>
#include <optional>
#include <utility>

namespace lorasweep {

class Graph {
 public:
  /// What `body` enqueues on the device's stream, which does not happen now. Nothing if it cannot be recorded: the body
  /// threw, or did what a record must not contain.
  static std::optional<Graph> record(Device& device, const std::function<void()>& body);

  ~Graph();
  Graph(Graph&& other) noexcept : executable_(std::exchange(other.executable_, nullptr)) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(executable_, other.executable_);
    return *this;
  }

  void launch(cudaStream_t stream) const { check(cudaGraphLaunch(executable_, stream), "cudaGraphLaunch"); }

 private:
  explicit Graph(cudaGraphExec_t executable) : executable_(executable) {}
  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace lorasweep
