// SPDX-License-Identifier: Apache-2.0
// Tables are found by their bytes; new ones are put into chunks of device memory one behind the other.
#include "workers/cuda/descriptors.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 20, most_bytes = std::size_t{16} << 20;

}  // namespace

const std::byte* Descriptors::put_bytes(std::span<const std::byte> values) {
  const std::string_view key(reinterpret_cast<const char*>(values.data()), values.size());
  auto found = places_.find(key);
  if (found == places_.end()) {
    const std::size_t wanted = (values.size() + alignment - 1) / alignment * alignment;
    if (total_ + wanted > most_bytes) {  // batches always have new shapes: start over; records keep what they use
      retired_ = std::exchange(places_, {});
      chunk_.reset();
      chunk_bytes_ = chunk_used_ = total_ = 0;
    }
    if (chunk_used_ + wanted > chunk_bytes_) {
      const std::size_t size = std::max(wanted, chunk_size);
      chunk_ = device_.allocate_table(size);
      chunk_bytes_ = size;
      chunk_used_ = 0;
    }
    std::byte* at = chunk_.get() + chunk_used_;
    chunk_used_ += wanted;
    total_ += wanted;
    if (recording_)
      unwritten_.emplace_back(at, key);
    else
      staging_.copy(at, values.data(), values.size());
    found = places_.emplace(std::string(key), Place{chunk_, at}).first;
  }
  if (recording_ && std::ranges::find(used_by_record_, found->second.chunk) == used_by_record_.end())
    used_by_record_.push_back(found->second.chunk);
  return found->second.at;
}

// Tables that were not filled must not be found again.
void Descriptors::drop_recording() noexcept {
  recording_ = false;
  unwritten_.clear();
  used_by_record_.clear();
  places_.clear();
}

std::vector<std::shared_ptr<std::byte>> Descriptors::end_recording() {
  recording_ = false;
  for (const auto& [at, values] : unwritten_) staging_.copy(at, values.data(), values.size());
  unwritten_.clear();
  return std::exchange(used_by_record_, {});
}

}  // namespace lorasweep
