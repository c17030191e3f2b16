// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/log_options.h"

#include "pipeline/report/terminal.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <string>

namespace lorasweep {
namespace {

constexpr const char* level_words = "debug|info|warn|error|off";

std::string unless_a_level(const std::string& word) {
  const std::string words = std::string("|") + level_words + "|";
  return word.find('|') == std::string::npos && words.find("|" + word + "|") != std::string::npos
             ? ""
             : "must be one of debug, info, warn, error, off, not \"" + word + "\"";
}

}  // namespace

void add_log_options(CLI::App& command) {
  CLI::Option* quiet = command.add_flag_function(
      "--quiet", [](std::int64_t) { spdlog::set_level(spdlog::level::warn); },
      "Say nothing on stderr but warnings and errors; the same as --log-level warn");
  command
      .add_option_function<std::string>(
          "--log-level", [](const std::string& word) { spdlog::set_level(spdlog::level::from_str(word)); },
          "What goes to stderr: info (and progress) and all that is worse; off: errors that end the command alone")
      ->check(CLI::Validator(std::function<std::string(std::string&)>(unless_a_level), ""))
      ->type_name(level_words)
      ->excludes(quiet);
}

void log_to_stderr() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("lorasweep"));
  const Terminal terminal = terminal_of(stderr);
  // A log is read later, and may be of days.
  const std::string line = terminal.columns > 0 ? "[%H:%M:%S] %^%l%$ %v" : "[%Y-%m-%d %H:%M:%S] %^%l%$ %v";
  spdlog::set_pattern((terminal.rewrites ? std::string(clear_line) : "") + line);
}

}  // namespace lorasweep
