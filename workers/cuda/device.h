// SPDX-License-Identifier: Apache-2.0
// One CUDA device as a worker uses it: a stream that everything goes through in order, and memory that is allocated in
// that order.
#pragma once

#include "workers/cuda/cuda_check.h"
#include "workers/ops.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags"); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreateWithFlags"); }
  ~Event() {
    if (event_ != nullptr) cudaEventDestroy(event_);
  }
  Event(Event&& other) noexcept : event_(other.event_) { other.event_ = nullptr; }
  Event& operator=(Event&& other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Page-locked host memory, which the device copies from and to without the host's help.
class PinnedMemory {
 public:
  explicit PinnedMemory(std::size_t bytes) : bytes_(bytes) {
    check(cudaHostAlloc(reinterpret_cast<void**>(&data_), bytes, cudaHostAllocDefault), "cudaHostAlloc");
  }
  ~PinnedMemory() {
    if (data_ != nullptr) cudaFreeHost(data_);
  }
  PinnedMemory(PinnedMemory&& other) noexcept : data_(other.data_), bytes_(other.bytes_) { other.data_ = nullptr; }
  PinnedMemory& operator=(PinnedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Shared by the ops and by every handle of its memory, so that a handle may outlive the ops.
class Device : public std::enable_shared_from_this<Device> {
 public:
  /// DeviceLost if this process sees no device of this index, or this build has no code for it.
  static std::shared_ptr<Device> open(int index);

  /// The stream, with the device made current: a thread may serve several devices, and CUDA's current device belongs to
  /// the thread.
  cudaStream_t stream() const {
    check(cudaSetDevice(index_), "cudaSetDevice");
    return stream_->get();
  }
  int index() const { return index_; }
  cudaDeviceProp properties() const;
  std::string description() const;  ///< "NVIDIA H100 80GB HBM3 (sm_90)"
  /// Waits until everything has happened; also after the device was lost, when there is nothing to wait for.
  void finish() noexcept;

  /// Zeroed memory. Taken and given back in the order of the stream, so that neither waits for the device, and what is
  /// still being computed keeps what it uses. OutOfDeviceMemory if there is less, even after unused memory was
  /// given back to the driver.
  std::shared_ptr<std::byte> allocate(std::size_t bytes);
  /// The same for the ops' own small tables: also while recording, and not counted by the two functions below. Not
  /// zeroed; given back to the driver.
  std::shared_ptr<std::byte> allocate_table(std::size_t bytes);
  std::size_t free_memory() const;

  /// The number of allocations so far: what is recorded now uses memory of these only.
  std::uint64_t allocations() const { return allocations_; }
  /// The number of the oldest allocation that was given back since this was last asked, UINT64_MAX if none was. Records
  /// made when there were fewer allocations cannot use any of that memory; those made later may.
  std::uint64_t take_oldest_release() { return std::exchange(oldest_release_, UINT64_MAX); }

  /// Of everything that goes through the stream. Counting is not a change of the device.
  OpsCounters& counters() const { return counters_; }

  /// While something is being recorded no memory can be taken: allocate() throws std::logic_error. What is given back
  /// is kept until the record has ended: freed in between, it would be freed by every replay.
  void set_recording(bool recording) noexcept;
  bool recording() const { return recording_; }

 private:
  explicit Device(int index);
  void* take(std::size_t bytes);
  void release(std::byte* memory, std::uint64_t allocation) noexcept;

  int index_;
  std::unique_ptr<Stream> stream_;
  cudaMemPool_t pool_ = nullptr;
  std::uint64_t allocations_ = 0, oldest_release_ = UINT64_MAX;
  bool recording_ = false;
  std::vector<std::byte*> released_while_recording_;
  mutable OpsCounters counters_;
};

}  // namespace lorasweep
