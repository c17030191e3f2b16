// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/cuda_on_host/cuda_runtime.h"

#include <cstdlib>
#include <deque>
#include <map>
#include <vector>

struct cuda_graph {
  std::vector<std::function<void()>> work;
  bool invalid = false;
};
struct cuda_executable {
  std::vector<std::function<void()>> work;
};
struct cuda_stream {
  std::deque<std::function<void()>> queue;
  cuda_graph* capture = nullptr;
};
struct cuda_event {
  cuda_stream* stream = nullptr;
  std::uint64_t recorded = 0, reached = 0;
};

namespace {

cuda_stream* capturing = nullptr;
cudaStreamCaptureMode mode = cudaStreamCaptureModeThreadLocal;
struct Allocation {
  std::size_t bytes;
  bool from_pool;
};
std::map<void*, Allocation> allocations;
std::map<const void*, int> shared_limits;
std::size_t used = 0, used_of_pool = 0;
constexpr std::size_t device_bytes = std::size_t{1} << 30;

// What a thread must not do while it records; the record is spoilt by it.
bool forbidden() {
  if (capturing == nullptr || mode == cudaStreamCaptureModeRelaxed) return false;
  capturing->capture->invalid = true;
  return true;
}
void drain(cuda_stream* stream) {
  while (!stream->queue.empty()) {
    const auto work = std::move(stream->queue.front());
    stream->queue.pop_front();
    work();
  }
}
std::vector<cuda_stream*>& streams() {
  static std::vector<cuda_stream*> all;
  return all;
}
cudaError_t take(void** memory, std::size_t bytes, bool from_pool) {
  if (used + bytes > device_bytes) return cudaErrorMemoryAllocation;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, 0xff, bytes);
  allocations[*memory] = {bytes, from_pool};
  used += bytes;
  if (from_pool) used_of_pool += bytes;
  return cudaSuccess;
}
// Spoilt, and not used again soon: what still reads it must not find what was there.
void give_back(void* memory) {
  constexpr std::size_t most_kept = std::size_t{64} << 20;
  static auto& kept = *new std::deque<std::pair<void*, std::size_t>>;  // until the end, or it would look leaked
  static std::size_t kept_bytes = 0;
  const std::size_t bytes = allocations.at(memory).bytes;
  used -= bytes;
  if (allocations.at(memory).from_pool) used_of_pool -= bytes;
  allocations.erase(memory);
  std::memset(memory, 0xff, bytes);
  kept.emplace_back(memory, bytes);
  kept_bytes += bytes;
  while (kept_bytes > most_kept) {
    kept_bytes -= kept.front().second;
    std::free(kept.front().first);
    kept.pop_front();
  }
}

}  // namespace

namespace cuda_on_host {

cudaError_t enqueue(cudaStream_t stream, std::function<void()> work) {
  if (stream->capture != nullptr)
    stream->capture->work.push_back(std::move(work));
  else
    stream->queue.push_back(std::move(work));
  return cudaSuccess;
}

bool shared_memory_allowed(const void* kernel, std::size_t bytes) {
  const auto limit = shared_limits.find(kernel);
  return bytes <= 163 * 1024 &&
         bytes <= static_cast<std::size_t>(limit == shared_limits.end() ? 48 * 1024 : limit->second);
}

}  // namespace cuda_on_host

const char* cudaGetErrorString(cudaError_t e) { return e == cudaErrorMemoryAllocation ? "out of memory" : "an error"; }
const char* cudaGetErrorName(cudaError_t e) {
  return e == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaErrorOther";
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"the host", {}, 0, 0, 0};
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 0;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = 0;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new cuda_stream;
  streams().push_back(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  drain(stream);
  std::erase(streams(), stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  drain(stream);
  return cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t stream) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  if (!stream->queue.empty()) {  // the device gets on a little, whenever it is asked
    const auto work = std::move(stream->queue.front());
    stream->queue.pop_front();
    work();
  }
  return stream->queue.empty() ? cudaSuccess : cudaErrorNotReady;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new cuda_event;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (event->stream != nullptr && event->reached < event->recorded) drain(event->stream);
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  event->stream = stream;
  return cuda_on_host::enqueue(stream, [event, number = ++event->recorded] { event->reached = number; });
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  // the device gets on a little, whenever it is asked
  for (int i = 0; i < 16 && event->reached < event->recorded; ++i) {
    const auto work = std::move(event->stream->queue.front());
    event->stream->queue.pop_front();
    work();
  }
  return event->reached < event->recorded ? cudaErrorNotReady : cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  while (event->reached < event->recorded) {  // and no further
    const auto work = std::move(event->stream->queue.front());
    event->stream->queue.pop_front();
    work();
  }
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  *memory = std::malloc(bytes);
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  return forbidden() ? cudaErrorStreamCaptureUnsupported : take(memory, bytes, false);
}
cudaError_t cudaFree(void* memory) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  if (allocations.at(memory).from_pool) std::abort();  // legal, but it would not wait for what uses the memory
  for (cuda_stream* stream : streams()) drain(stream);
  give_back(memory);
  return cudaSuccess;
}
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t) {
  if (capturing != nullptr) std::abort();  // legal, but not what the engine should do
  return take(memory, bytes, true);
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  if (capturing != nullptr) std::abort();
  return cuda_on_host::enqueue(stream, [memory] { give_back(memory); });
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  return cuda_on_host::enqueue(stream, [=] { std::memset(memory, value, bytes); });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  if (capturing != nullptr) std::abort();  // would copy again what pinned memory holds by then
  return cuda_on_host::enqueue(stream, [=] { std::memcpy(to, from, bytes); });
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = device_bytes - used;
  *total = device_bytes;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t*, int) { return cudaSuccess; }
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr, void* value) {
  *static_cast<std::uint64_t*>(value) = used_of_pool;  // the pool reserves no more than is used
  return cudaSuccess;
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) { return cudaSuccess; }
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->capture = new cuda_graph;
  capturing = stream;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = stream->capture;
  stream->capture = nullptr;
  capturing = nullptr;
  if (!(*graph)->invalid) return cudaSuccess;
  delete *graph;
  *graph = nullptr;
  return cudaErrorStreamCaptureInvalidated;
}
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* wanted) {
  std::swap(mode, *wanted);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new cuda_executable{graph->work};
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const auto& work : executable->work) cuda_on_host::enqueue(stream, work);
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int value) {
  shared_limits[kernel] = value;
  return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes*, const void*) { return cudaSuccess; }
