// SPDX-License-Identifier: Apache-2.0
// A command that reads a stranger's HDF5 file, in a process of its own. HDF5 1.10 does not check everything that it
// reads and crashes on some damaged files; that shall be an error message, and end nothing else.
#pragma once

#include "data/core/error.h"

#include <filesystem>
#include <functional>

namespace lorasweep {

/// Does `action`, which must throw nothing, in a child process with this one's standard streams, and returns its exit
/// code. InputError naming `file` if the child crashed; an Error with 128 + the signal's number, as a shell has it, if
/// it was ended from outside. No other thread may be running.
ExitCode in_own_process(const std::filesystem::path& file, const std::function<ExitCode()>& action);

}  // namespace lorasweep
