// SPDX-License-Identifier: Apache-2.0
// Asks another process of this program to read a file: HDF5 1.10 crashes on some files, and that shall end that process
// alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace lorasweep {

struct ProgramAnswer {
  int code = 0;
  int signal = 0;    ///< that ended it; 0: none, and `code` is its exit code
  std::string text;  ///< what it wrote to stdout
};

/// This program, to be started anew.
inline constexpr const char* this_program = "/proc/self/exe";

/// Runs `program command file` with `question` as stdin, and waits for it. May be called under MPI and beside other
/// threads: the new process shares nothing with this one and never starts MPI, and signals to stop are left to this
/// one. Nothing: no process was to be had.
std::optional<ProgramAnswer> ask_program(const std::filesystem::path& program, const std::string& command,
                                         const std::filesystem::path& file, const std::string& question);

}  // namespace lorasweep
