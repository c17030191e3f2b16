// SPDX-License-Identifier: Apache-2.0
// The name of this machine, for logs, errors and provenance.
#pragma once

#include <string>

namespace lorasweep {

/// Of this machine; "unknown" where the system does not say.
std::string host_name();

}  // namespace lorasweep
