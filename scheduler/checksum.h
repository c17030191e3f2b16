// SPDX-License-Identifier: Apache-2.0
// XXH3-64 over bytes that come in pieces: did they arrive as they were sent?
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace lorasweep {

class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;
  void add(std::span<const std::byte> bytes);
  std::uint64_t value() const;  ///< of all bytes so far, however they were cut

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorasweep
