// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/cuda_on_host/cublasLt.h"
#include "tests/testing/cuda_on_host/cuda_bf16.h"

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
std::map<void*, std::size_t> allocations;
std::map<const void*, int> shared_limits;
std::size_t used = 0;
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
cudaError_t take(void** memory, std::size_t bytes) {
  if (used + bytes > device_bytes) return cudaErrorMemoryAllocation;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, 0xff, bytes);
  allocations[*memory] = bytes;
  used += bytes;
  return cudaSuccess;
}
// Spoilt, and not used again soon: what still reads it must not find what was there.
void give_back(void* memory) {
  constexpr std::size_t most_kept = std::size_t{64} << 20;
  static std::deque<std::pair<void*, std::size_t>> kept;
  static std::size_t kept_bytes = 0;
  const std::size_t bytes = allocations.at(memory);
  used -= bytes;
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
  *properties = {"the host", 0, 0, 0};
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
  for (int i = 0; i < 16 && event->reached < event->recorded;
       ++i) {  // the device gets on a little, whenever it is asked
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
  return forbidden() ? cudaErrorStreamCaptureUnsupported : take(memory, bytes);
}
cudaError_t cudaFree(void* memory) {
  if (forbidden()) return cudaErrorStreamCaptureUnsupported;
  for (cuda_stream* stream : streams()) drain(stream);
  give_back(memory);
  return cudaSuccess;
}
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t) {
  if (capturing != nullptr) std::abort();  // legal, but not what the engine should do
  return take(memory, bytes);
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
  *static_cast<std::uint64_t*>(value) = 0;
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

const char* cublasLtGetStatusString(cublasStatus_t) { return "an error"; }
std::size_t cublasLtGetVersion() { return 0; }
cublasStatus_t cublasLtCreate(cublasLtHandle_t*) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtDestroy(cublasLtHandle_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtMatrixLayoutInit(cublasLtMatrixLayout_t layout, cudaDataType_t type, std::uint64_t rows,
                                        std::uint64_t cols, std::int64_t ld) {
  *layout = {type, rows, cols, ld, 0, 1};
  return ld >= static_cast<std::int64_t>(rows) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, const void* value,
                                                std::size_t) {
  if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT)
    layout->count = *static_cast<const std::int32_t*>(value);
  else
    layout->step = *static_cast<const std::int64_t*>(value);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescInit(cublasLtMatmulDesc_t operation, cublasComputeType_t, cudaDataType_t) {
  *operation = {};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t,
                                              const void* value, std::size_t) {
  operation->transposed = *static_cast<const cublasOperation_t*>(value) == CUBLAS_OP_T;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceInit(cublasLtMatmulPreference_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t,
                                                    const void*, std::size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
// Refuses odd widths in bf16, as a library might: the engine has to help itself then.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t, int, cublasLtMatmulHeuristicResult_t* results,
                                              int* found) {
  *found = 1;
  results[0] = {{}, 0, CUBLAS_STATUS_SUCCESS};
  return a->type == CUDA_R_16BF && a->rows % 8 != 0 ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t,
                                       cublasLtMatrixLayout_t, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                       const cublasLtMatmulAlgo_t*, cublasLtMatmulHeuristicResult_t* result) {
  result->workspaceSize = 0;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t*,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute, void* value,
                                                    std::size_t bytes, std::size_t*) {
  std::memset(value, 0, bytes);
  if (attribute == CUBLASLT_ALGO_CONFIG_SPLITK_NUM) *static_cast<std::int32_t*>(value) = 1;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout,
                              const void* beta, const void* c, cublasLtMatrixLayout_t, void* d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t*, void*, std::size_t,
                              cudaStream_t stream) {
  if (!operation->transposed || c != d || *static_cast<const float*>(alpha) != 1 || a_layout->rows != b_layout->rows ||
      d_layout->rows != a_layout->cols || d_layout->cols != b_layout->cols || a_layout->count != b_layout->count ||
      a_layout->count != d_layout->count)
    return CUBLAS_STATUS_INVALID_VALUE;
  const auto read = [](const void* data, cudaDataType_t type, std::int64_t at) {
    return type == CUDA_R_32F ? static_cast<const float*>(data)[at]
                              : __bfloat162float(static_cast<const __nv_bfloat16*>(data)[at]);
  };
  const float old = *static_cast<const float*>(beta);
  cuda_on_host::enqueue(stream, [=, la = *a_layout, lb = *b_layout, ld = *d_layout] {
    std::vector<float> row(la.rows);
    for (int batch = 0; batch < ld.count; ++batch)
      for (std::int64_t col = 0; col < static_cast<std::int64_t>(ld.cols); ++col) {
        for (std::uint64_t k = 0; k < la.rows; ++k)
          row[k] = read(b, lb.type, batch * lb.step + col * lb.ld + static_cast<std::int64_t>(k));
        for (std::int64_t r = 0; r < static_cast<std::int64_t>(ld.rows); ++r) {
          float sum = 0;
          for (std::uint64_t k = 0; k < la.rows; ++k)
            sum += row[k] * read(a, la.type, batch * la.step + r * la.ld + static_cast<std::int64_t>(k));
          const std::int64_t at = batch * ld.step + col * ld.ld + r;
          if (ld.type == CUDA_R_32F)
            static_cast<float*>(d)[at] = old == 0 ? sum : sum + old * static_cast<float*>(d)[at];
          else
            static_cast<__nv_bfloat16*>(d)[at] = __float2bfloat16(sum);
        }
      }
  });
  return CUBLAS_STATUS_SUCCESS;
}
