// SPDX-License-Identifier: Apache-2.0
// Copies end in pinned memory; the host gets them when a mark behind them has been reached.
#include "workers/cuda/downloads.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t least_bytes = std::size_t{64} << 10, kept_buffers = 8;

}  // namespace

// Pinning memory costs a system call and a wait for the device, so buffers are kept; two batches in flight need two of
// them.
PinnedMemory Downloads::pinned(std::size_t bytes) {
  const auto fits =
      std::ranges::find_if(free_memory_, [&](const PinnedMemory& memory) { return memory.bytes() >= bytes; });
  if (fits == free_memory_.end()) return PinnedMemory(std::bit_ceil(std::max(bytes, least_bytes)));
  std::swap(*fits, free_memory_.back());
  PinnedMemory memory = std::move(free_memory_.back());
  free_memory_.pop_back();
  return memory;
}

void Downloads::copy(void* host, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  const cudaStream_t stream = device_.stream();
  PinnedMemory memory = pinned(bytes);
  check(cudaMemcpyAsync(memory.data(), from, bytes, cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync");
  on_their_way_.push_back({last_ + 1, std::move(memory), host, bytes});
}

Mark Downloads::mark() {
  const cudaStream_t stream = device_.stream();
  Event event = [&] {
    if (free_events_.empty()) return Event();
    Event kept = std::move(free_events_.back());
    free_events_.pop_back();
    return kept;
  }();
  check(cudaEventRecord(event.get(), stream), "cudaEventRecord");
  places_.push_back({++last_, std::move(event)});
  return last_;
}

void Downloads::arrived(Mark mark) {
  while (!places_.empty() && places_.front().mark <= mark) {
    free_events_.push_back(std::move(places_.front().event));
    places_.pop_front();
  }
  while (!on_their_way_.empty() && on_their_way_.front().before <= mark) {
    OnItsWay& result = on_their_way_.front();
    std::memcpy(result.host, result.memory.data(), result.bytes);
    if (free_memory_.size() < kept_buffers) free_memory_.push_back(std::move(result.memory));
    on_their_way_.pop_front();
  }
}

bool Downloads::reached(Mark mark) {
  device_.stream();
  const auto place = std::ranges::find_if(places_, [&](const Place& p) { return p.mark >= mark; });
  if (place == places_.end() || place->mark != mark) return true;  // it was reached before
  const cudaError_t status = cudaEventQuery(place->event.get());
  if (status == cudaErrorNotReady) {
    cudaGetLastError();  // it is an answer, but the runtime remembers it as an error
    return false;
  }
  check(status, "a kernel");
  arrived(mark);
  return true;
}

void Downloads::wait(Mark mark) {
  device_.stream();
  const auto place = std::ranges::find_if(places_, [&](const Place& p) { return p.mark >= mark; });
  if (place == places_.end() || place->mark != mark) return;
  check(cudaEventSynchronize(place->event.get()), "a kernel");
  arrived(mark);
}

}  // namespace lorasweep
