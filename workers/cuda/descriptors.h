// SPDX-License-Identifier: Apache-2.0
// Small tables that kernels read (offsets of sequences, blocks of a bypass, positions), kept on the device by their
// content: all layers of a network ask with the same sequences, and batches of the same shape come again and again, so
// most are there already.
#pragma once

#include "workers/cuda/device.h"
#include "workers/cuda/staging.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace lorasweep {

class Descriptors {
 public:
  Descriptors(Device& device, Staging& staging) : device_(device), staging_(staging) {}

  /// Where the device will find these values when the kernels enqueued next run; a kernel may be given several tables.
  /// Never overwritten while anything uses it. T must have no padding: equal values are recognised by their bytes.
  template <typename T>
  const T* put(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignment);
    return reinterpret_cast<const T*>(put_bytes(std::as_bytes(values)));
  }

  /// From here on nothing is enqueued: the device's tables are filled by end_recording(), which returns what the record
  /// must keep alive.
  void begin_recording() { recording_ = true; }
  std::vector<std::shared_ptr<std::byte>> end_recording();
  /// Instead of end_recording(): nothing was recorded, and the device takes nothing more.
  void drop_recording() noexcept;

 private:
  static constexpr std::size_t alignment = 64;
  struct Place {
    std::shared_ptr<std::byte> chunk;
    std::byte* at;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view bytes) const { return std::hash<std::string_view>()(bytes); }
  };
  const std::byte* put_bytes(std::span<const std::byte> values);

  Device& device_;
  Staging& staging_;
  using Places = std::unordered_map<std::string, Place, Hash, std::equal_to<>>;
  Places places_;
  /// those from before the last start over: the kernel that is being prepared may have been given some of them
  Places retired_;
  std::shared_ptr<std::byte> chunk_;  ///< the one that is being filled
  std::size_t chunk_bytes_ = 0, chunk_used_ = 0, total_ = 0;
  bool recording_ = false;
  std::vector<std::pair<std::byte*, std::string>> unwritten_;
  std::vector<std::shared_ptr<std::byte>> used_by_record_;
};

}  // namespace lorasweep
