// SPDX-License-Identifier: Apache-2.0
// The command line as shells and readers want it, made from the same tables that read it: nothing of it is written
// twice.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace lorasweep {

/// Commands that are shown, in the order of --help.
std::vector<const CLI::App*> shown_commands(const CLI::App& app);

/// An option as it is written: its names, and the words that it takes, if it takes one of a few ("auto|never").
struct ShownOption {
  std::vector<std::string> names;  ///< "-o", "--out"
  std::string description, value;  ///< value: "auto|never", "TEXT"; empty: a flag
  std::vector<std::string> words;  ///< "auto", "never"; none: anything
};
std::vector<ShownOption> shown_options(const CLI::App& command);

/// Scripts for `source`, or for the places where shells look.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
/// lorasweep(1), for man.
std::string manual_page(const CLI::App& app, const std::string& version);

}  // namespace lorasweep
