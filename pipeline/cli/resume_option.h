// SPDX-License-Identifier: Apache-2.0
// --resume, of all commands that fill a directory with a journal.
#pragma once

#include "pipeline/run/run_options.h"

#include <CLI/App.hpp>

#include <string>

namespace lorasweep {

/// `what` lies in the directory: "run". `resume` must outlive the command.
void add_resume_option(CLI::App& command, ResumeMode& resume, const std::string& what);

}  // namespace lorasweep
