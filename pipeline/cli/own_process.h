// SPDX-License-Identifier: Apache-2.0
// A command that reads a stranger's HDF5 file, in a process of its own. HDF5 1.10 does not check everything that it
// reads and crashes on some damaged files; that shall be an error message, and end nothing else.
#pragma once

#include "data/core/error.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <functional>

namespace lorasweep {

/// What a process brings upon itself. Every other signal comes from outside and says nothing about a file.
inline constexpr std::array crash_signals{SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGTRAP, SIGXCPU};
bool is_crash(int signal);

/// What is to be said when a process that read `file` was ended from outside: code 128 + `signal`, as a shell has it.
Error ended_from_outside(const std::filesystem::path& file, int signal);

/// Reads `file` from end to end, without HDF5. StorageError if the disk refuses: then nothing is wrong with what the
/// file holds. Passes over what is no file.
void require_readable(const std::filesystem::path& file);

/// Does `action`, which must throw nothing, in a child process with this one's standard streams, and returns its exit
/// code. InputError naming `file` if the child crashed, StorageError if then the disk does not read it;
/// ended_from_outside() if something else ended it. No other thread may be running.
ExitCode in_own_process(const std::filesystem::path& file, const std::function<ExitCode()>& action);

}  // namespace lorasweep
