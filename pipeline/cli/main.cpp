// SPDX-License-Identifier: Apache-2.0
// The program: parses the command line, runs the chosen command, turns errors into exit codes (docs/errors.md).
#include "pipeline/cli/command.h"
#include "pipeline/cli/command_line_errors.h"
#include "pipeline/cli/last_resort.h"
#include "pipeline/cli/log_options.h"
#include "pipeline/cli/own_process.h"
#include "pipeline/run/descriptors.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <csignal>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

namespace lorasweep {
namespace {

ExitCode report(const std::string& message, ExitCode code) {
  std::cout << std::flush;
  std::cerr << "lorasweep: error: " << message << "\n";
  return code;
}

ExitCode guarded(const std::function<ExitCode()>& action) {
  try {
    return action();
  } catch (const Error& error) {
    return report(error.what(), error.code());
  } catch (const std::bad_alloc&) {
    return report(std::string(lack_of_memory), ExitCode::internal);
  } catch (const std::filesystem::filesystem_error& error) {
    return report(error.what(), ExitCode::storage);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again && error.code() != std::errc::not_enough_memory)
      return report(std::string(error.what()) + "; please report this as a defect", ExitCode::internal);
    return report(std::string("no thread can be started: ") + error.what() +
                      "; use fewer workers per node, or raise the limits of memory and processes (ulimit -v, -u)",
                  ExitCode::internal);
  } catch (const std::exception& error) {
    return report(std::string(error.what()) + "; please report this as a defect", ExitCode::internal);
  }
}

// A command whose output was lost has not succeeded: stdout may be a file on a full disk.
ExitCode with_data_delivered(ExitCode code) {
  std::cout << std::flush;
  if (std::cout || code != ExitCode::ok) return code;
  return report("stdout: the output could not be written; make room, or redirect it to another place",
                ExitCode::storage);
}

// CLI11 would only say that a command is required.
bool names_no_command(const CLI::App& app, const std::vector<std::string>& argv) {
  return argv.size() >= 2 && !argv[1].starts_with('-') && command_named(app, argv[1]) == nullptr;
}

ExitCode run_program(int argc, char** argv) {
  CLI::App app("Sweeps LoRA compositions over unseen tasks: weights by few-shot search, one HDF5 file of results.",
               "lorasweep");
  app.set_version_flag("-V,--version", "lorasweep " LORASWEEP_VERSION " (" LORASWEEP_BUILD ")");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 defect, 2 command line or configuration, 3 some units failed, 4 bad input file, 5 "
      "storage, 75 stopped and resumable.\n"
      "stdout is data, stderr is log.");
  Choice choice{.argv = {argv, argv + argc}};
  for (const auto add :
       {add_init_command,       add_validate_command, add_run_command,       add_screen_command,
        add_submit_command,     add_status_command,   add_cancel_command,    add_collect_command,
        add_show_command,       add_compare_command,  add_report_command,    add_spectrum_command,
        add_merge_command,      add_export_command,   add_inspect_command,   add_doctor_command,
        add_completion_command, add_help_command,     add_read_back_command, add_found_weights_command})
    add(app, choice);
  for (CLI::App* command : app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); }))
    add_log_options(*command);
  if (names_no_command(app, choice.argv))
    return guarded([&]() -> ExitCode { throw unknown_command(app, choice.argv[1]); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return guarded([&]() -> ExitCode { throw command_line_error(app, error); });
    app.exit(error);  // prints help or version to stdout
    return with_data_delivered(ExitCode::ok);
  }
  const auto action = [&] { return with_data_delivered(guarded(choice.action)); };
  if (!choice.stranger) return action();
  return guarded([&] { return in_own_process(*choice.stranger, action); });
}

}  // namespace
}  // namespace lorasweep

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // `ulimit -f`: a write beyond it fails, and is reported like any other
  lorasweep::end_in_order_without_memory();
  lorasweep::raise_descriptor_limit();
  lorasweep::log_to_stderr();
  return static_cast<int>(lorasweep::run_program(argc, argv));
}
