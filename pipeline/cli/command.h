// SPDX-License-Identifier: Apache-2.0
// The commands of lorasweep. Each adds itself to the command line; main runs the one that was chosen.
#pragma once

#include "data/core/error.h"

#include <CLI/App.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// What the user asked for.
struct Choice {
  std::vector<std::string> argv;  ///< as given, program first
  /// set by the chosen command; its data goes to stdout, everything else to stderr
  std::function<ExitCode()> action;
  /// a file that may be anybody's: the action is done in a process of its own (own_process.h)
  std::optional<std::filesystem::path> stranger = std::nullopt;
};

/// `choice` must outlive the parsing of the command line.
void add_init_command(CLI::App& app, Choice& choice);
void add_validate_command(CLI::App& app, Choice& choice);
void add_inspect_command(CLI::App& app, Choice& choice);
void add_run_command(CLI::App& app, Choice& choice);
void add_screen_command(CLI::App& app, Choice& choice);
void add_collect_command(CLI::App& app, Choice& choice);
void add_export_command(CLI::App& app, Choice& choice);
void add_show_command(CLI::App& app, Choice& choice);
void add_compare_command(CLI::App& app, Choice& choice);
void add_spectrum_command(CLI::App& app, Choice& choice);
void add_merge_command(CLI::App& app, Choice& choice);
void add_report_command(CLI::App& app, Choice& choice);
void add_doctor_command(CLI::App& app, Choice& choice);
void add_completion_command(CLI::App& app, Choice& choice);
void add_help_command(CLI::App& app, Choice& choice);
void add_read_back_command(CLI::App& app, Choice& choice);      ///< for lorasweep itself (read_back_process.h)
void add_found_weights_command(CLI::App& app, Choice& choice);  ///< likewise (found_rows_process.h)
void add_submit_command(CLI::App& app, Choice& choice);
void add_status_command(CLI::App& app, Choice& choice);
void add_cancel_command(CLI::App& app, Choice& choice);

}  // namespace lorasweep
