// SPDX-License-Identifier: Apache-2.0
// Asks the system for the host's name.
#include "pipeline/run/host_name.h"

#include <unistd.h>

namespace lorasweep {

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

}  // namespace lorasweep
