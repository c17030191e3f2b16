// SPDX-License-Identifier: Apache-2.0
// Reads back a results file that was just written, in a process of its own: HDF5 1.10 crashes on some reads that the
// disk refuses, and that shall end neither a sweep nor leave anything behind.
#pragma once

#include <filesystem>
#include <string>

namespace lorasweep {

class WrittenContent;

/// A ReadBack (data/results/results_writer.h): starts this program anew, whose command below does it. May be called
/// under MPI and beside other threads: the new process shares nothing with this one and never starts MPI, and signals
/// to stop are left to this one. StorageError if it crashes or is refused a read; an Error with 128 + the signal's
/// number if it was ended from outside. Where no process is to be had, it is done in this one.
std::string read_back_in_own_process(const std::filesystem::path& file, const WrittenContent& written);

/// The same by another program than this one: for tests.
std::string read_back_by(const std::filesystem::path& program, const std::filesystem::path& file,
                         const WrittenContent& written);

/// `lorasweep read-back FILE` (read_back_command.cpp), which help does not list: stdin has the bytes of a
/// WrittenContent, stdout gets the first difference or, where the code is not 0, place and problem with NUL between
/// them.
inline constexpr const char* read_back_word = "read-back";

}  // namespace lorasweep
