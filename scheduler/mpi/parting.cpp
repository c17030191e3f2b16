// SPDX-License-Identifier: Apache-2.0
// A parting as bytes: one for the ending, then the reason.
#include "scheduler/mpi/parting.h"

namespace lorasweep {

std::string encode_parting(const Parting& parting) { return static_cast<char>(parting.ending) + parting.reason; }

Parting decode_parting(const std::string& bytes) {
  if (bytes.empty() || bytes.front() != static_cast<char>(Ending::together)) {
    return {Ending::alone, bytes.empty() ? bytes : bytes.substr(1)};
  }
  return {Ending::together, bytes.substr(1)};
}

}  // namespace lorasweep
