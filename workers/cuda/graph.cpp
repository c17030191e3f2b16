// SPDX-License-Identifier: Apache-2.0
// Captures a stream while a function enqueues, and makes a graph of it that can be launched.
#include "workers/cuda/graph.h"

#include <exception>

namespace lorasweep {

std::optional<Graph> Graph::record(Device& device, const std::function<void()>& body) {
  const cudaStream_t stream = device.stream();
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  device.set_recording(true);
  bool complete = true;
  try {
    body();
  } catch (const std::exception&) {
    complete = false;  // perhaps only because a call must not be recorded: the plain run that follows will show it
  }
  cudaGraph_t graph = nullptr;
  const cudaError_t ended = cudaStreamEndCapture(stream, &graph);
  device.set_recording(false);
  cudaGraphExec_t executable = nullptr;
  const bool usable = ended == cudaSuccess && graph != nullptr && complete &&
                      cudaGraphInstantiate(&executable, graph, 0) == cudaSuccess;
  if (graph != nullptr) cudaGraphDestroy(graph);
  cudaGetLastError();  // a refused record is not an error, and a lost device will report again
  if (!usable) return std::nullopt;
  return Graph(executable);
}

Graph::~Graph() {
  if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
}

}  // namespace lorasweep
