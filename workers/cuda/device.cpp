// SPDX-License-Identifier: Apache-2.0
// Opens a device, and takes and gives back its memory in the order of the stream.
#include "workers/cuda/device.h"

#include "workers/cuda/kernel_image.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace lorasweep {
namespace {

/// Calls that are refused while this thread records are let through inside this scope; they do not become part of the
/// record.
class OutsideOfTheRecord {
 public:
  OutsideOfTheRecord() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  ~OutsideOfTheRecord() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  OutsideOfTheRecord(const OutsideOfTheRecord&) = delete;
  OutsideOfTheRecord& operator=(const OutsideOfTheRecord&) = delete;

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

}  // namespace

std::shared_ptr<Device> Device::open(int index) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    cudaGetLastError();
    int driver = 0;
    cudaDriverGetVersion(&driver);
    // without a driver CUDA calls it too old
    throw DeviceLost(std::string("no CUDA device can be used here: ") +
                     (driver == 0 ? "there is no driver" : cudaGetErrorString(status)));
  }
  if (index < 0 || index >= count)
    throw DeviceLost("there is no CUDA device " + std::to_string(index) + ": this process sees " +
                     std::to_string(count));
  return std::shared_ptr<Device>(new Device(index));
}

Device::Device(int index) : index_(index) {
  check(cudaSetDevice(index), "cudaSetDevice");
  if (const cudaError_t status = kernel_image_status(); status != cudaSuccess)
    throw DeviceLost("CUDA device " + std::to_string(index) + ", " + description() +
                     ", cannot run this build's kernels: " + cudaGetErrorString(status) +
                     "; its architecture has to be one of CMAKE_CUDA_ARCHITECTURES when lorasweep is configured");
  stream_ = std::make_unique<Stream>();
  check(cudaDeviceGetDefaultMemPool(&pool_, index), "cudaDeviceGetDefaultMemPool");
  std::uint64_t keep = UINT64_MAX;  // the worker has the device for itself: memory that was mapped once stays mapped
  check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keep), "cudaMemPoolSetAttribute");
}

cudaDeviceProp Device::properties() const {
  cudaDeviceProp properties = {};
  check(cudaGetDeviceProperties(&properties, index_), "cudaGetDeviceProperties");
  return properties;
}

std::string Device::description() const {
  const cudaDeviceProp known = properties();
  return std::string(known.name) + " (sm_" + std::to_string(known.major) + std::to_string(known.minor) + ")";
}

void Device::finish() noexcept {
  cudaSetDevice(index_);
  cudaStreamSynchronize(stream_->get());
}

void* Device::take(std::size_t bytes) {
  void* memory = nullptr;
  cudaError_t status = cudaMallocAsync(&memory, bytes, stream());
  if (status == cudaErrorMemoryAllocation) {
    // Freed memory of other sizes may fill the pool. This is rare: waiting does no harm.
    cudaGetLastError();
    check(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
    check(cudaMemPoolTrimTo(pool_, 0), "cudaMemPoolTrimTo");
    status = cudaMallocAsync(&memory, bytes, stream());
  }
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw OutOfDeviceMemory("the device has no memory for " + std::to_string(bytes) + " bytes; free are " +
                            std::to_string(free_memory()));
  }
  check(status, "cudaMallocAsync");
  return memory;
}

std::shared_ptr<std::byte> Device::allocate(std::size_t bytes) {
  if (recording_) throw std::logic_error("memory was allocated while a repeated sequence was being recorded");
  const std::size_t wanted = std::max<std::size_t>(bytes, 1);
  auto* memory = static_cast<std::byte*>(take(wanted));
  std::shared_ptr<std::byte> handle(
      memory, [self = shared_from_this(), number = ++allocations_](std::byte* freed) { self->release(freed, number); });
  check(cudaMemsetAsync(memory, 0, wanted, stream()), "cudaMemsetAsync");
  return handle;
}

// Nothing to be done about a failure here: the device is lost, or the process is ending and the driver has gone first.
void Device::release(std::byte* memory, std::uint64_t allocation) noexcept {
  oldest_release_ = std::min(oldest_release_, allocation);
  if (recording_) {
    released_while_recording_.push_back(memory);
    return;
  }
  cudaSetDevice(index_);
  cudaFreeAsync(memory, stream_->get());
}

void Device::set_recording(bool recording) noexcept {
  recording_ = recording;
  if (recording) return;
  cudaSetDevice(index_);
  for (std::byte* memory : std::exchange(released_while_recording_, {})) cudaFreeAsync(memory, stream_->get());
}

std::shared_ptr<std::byte> Device::allocate_table(std::size_t bytes) {
  stream();
  const OutsideOfTheRecord scope;
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), "cudaMalloc");
  return {static_cast<std::byte*>(memory), [self = shared_from_this()](std::byte* freed) {
            const OutsideOfTheRecord releasing;
            cudaSetDevice(self->index());
            cudaFree(freed);  // waits for what still reads it
          }};
}

std::size_t Device::free_memory() const {
  stream();
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  std::uint64_t reserved = 0, used = 0;
  check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemCurrent, &reserved), "cudaMemPoolGetAttribute");
  check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemCurrent, &used), "cudaMemPoolGetAttribute");
  return free + (reserved > used ? reserved - used : 0);
}

}  // namespace lorasweep
