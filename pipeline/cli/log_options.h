// SPDX-License-Identifier: Apache-2.0
// --quiet and --log-level, of every command: how much goes to stderr.
#pragma once

#include <CLI/App.hpp>

namespace lorasweep {

/// They take effect as they are read. Progress is shown where `info` is.
void add_log_options(CLI::App& command);

/// Lines go to stderr, with their time; on a terminal over a bar of progress that may be there.
void log_to_stderr();

}  // namespace lorasweep
