// SPDX-License-Identifier: Apache-2.0
// What a remote worker and the scheduler say to each other.
#pragma once

#include "workers/work/channel.h"

#include <cstdint>
#include <span>
#include <string>
#include <variant>

namespace lorasweep {

/// Worker: I am ready.
struct Hello {
  WorkerCapacity capacity;
};
/// Scheduler: do this. `payload` is encoded Work.
struct Order {
  std::uint64_t unit = 0;
  std::uint32_t attempt = 0;
  std::string payload;
};
/// Worker: done. `payload` is the encoded Outcome, or `failure` says why there is none.
struct Report {
  std::uint64_t unit = 0;
  std::uint32_t attempt = 0;
  double seconds = 0;
  std::string payload;
  std::string failure;
};
/// Either: I am alive.
struct Beat {};
/// Scheduler: no more work will come.
struct Stop {};

using Message = std::variant<Hello, Order, Report, Beat, Stop>;

std::string encode_message(const Message& message);
/// InternalError for anything that encode_message did not make.
Message decode_message(std::span<const char> bytes);

}  // namespace lorasweep
