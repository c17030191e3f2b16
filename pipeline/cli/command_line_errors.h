// SPDX-License-Identifier: Apache-2.0
// What is wrong with a command line, said as everything else is: where, what, and what to do.
#pragma once

#include "data/core/error.h"

#include <CLI/App.hpp>

#include <string>

namespace lorasweep {

/// The command of this name, or null.
const CLI::App* command_named(const CLI::App& app, const std::string& name);

/// There is no command `name`; the nearest one is proposed.
ConfigError unknown_command(const CLI::App& app, const std::string& name);

/// What `error`, thrown while `app` parsed a command line, means: the command, the option or argument, and the nearest
/// name for an option that there is not.
ConfigError command_line_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace lorasweep
