// SPDX-License-Identifier: Apache-2.0
// What a remote worker and the scheduler say to each other.
#pragma once

#include "workers/work/channel.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace lorasweep {

/// Worker: I am ready.
struct Hello {
  WorkerCapacity capacity;
};
/// Scheduler: no more work will come.
struct Stop {};

enum class Ending : std::uint8_t {
  alone,     ///< somebody does not come to MPI_Finalize: nobody may wait for all
  together,  ///< everybody comes
};
/// The end of the job: each worker says how it leaves, then the scheduler says how all leave.
struct Parting {
  Ending ending = Ending::alone;
  std::string reason;  ///< why a worker leaves; empty: it was told to
};

using Message = std::variant<Hello, Order, Report, Stop, Parting>;

std::string encode_message(const Message& message);
/// InternalError for anything that encode_message did not make.
Message decode_message(std::string_view bytes);

/// Does it claim to be an Order? Costs nothing, so that a thread that must not be late can leave the decoding, which
/// judges the claim, to another.
bool looks_like_order(std::string_view bytes);

}  // namespace lorasweep
