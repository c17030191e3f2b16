// SPDX-License-Identifier: Apache-2.0
// Where what this process says to its standard error ends up.
#pragma once

#include <string>

namespace lorasweep {

/// The path of a file; empty where it is none that can be found: a terminal, a pipe. Under mpirun, which hands on what
/// its processes say, mpirun's.
std::string log_file_of_this_process();

}  // namespace lorasweep
