// SPDX-License-Identifier: Apache-2.0
// lorasweep(1) in the macros of man, from the tables of options and settings.
#include "pipeline/cli/completion.h"
#include "pipeline/config/config_schema.h"

#include <CLI/Option.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

namespace lorasweep {
namespace {

// Hyphens that can be searched for and copied, and nothing that begins a line as a macro does.
std::string troff(const std::string& text) {
  std::string quoted;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) quoted += "\\&";
    if (c == '\\')
      quoted += "\\e";
    else if (c == '-')
      quoted += "\\-";
    else
      quoted += c;
    at_start = c == '\n';
  }
  return quoted;
}

std::string as_given(const std::string& text) { return ".nf\n" + troff(text) + "\n.fi\n"; }

std::string entry(const std::string& head, const std::string& text) {
  return ".TP\n" + head + "\n" + troff(text) + "\n";
}

std::string option_entry(const ShownOption& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back("\\fB" + troff(name) + "\\fR");
  const std::string value = option.value.empty() ? "" : " \\fI" + troff(option.value) + "\\fR";
  return entry(fmt::format("{}{}", fmt::join(names, ", "), value), option.description);
}

// Every command has them.
bool is_common(const ShownOption& option) {
  const std::string& name = option.names.back();
  return name == "--help" || name == "--quiet" || name == "--log-level";
}

std::string common_section(const CLI::App& any_command) {
  std::string text = ".SH OPTIONS OF ALL COMMANDS\n";
  for (const ShownOption& option : shown_options(any_command))
    if (is_common(option)) text += option_entry(option);
  return text;
}

std::string command_section(const CLI::App& command) {
  std::string places, explained;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true);
    places += option->get_required() ? " " + name : " [" + name + "]";
    explained += entry("\\fI" + troff(name) + "\\fR", option->get_description());
  }
  std::string text = fmt::format(".SS lorasweep {} [options]{}\n{}\n", troff(command.get_name()), troff(places),
                                 troff(command.get_description() + "."));
  text += explained;
  for (const ShownOption& option : shown_options(command))
    if (!is_common(option)) text += option_entry(option);
  const std::string footer = command.get_footer();
  const bool inherited = footer == command.get_parent()->get_footer();
  return text + (footer.empty() || inherited ? "" : ".P\n" + as_given(footer));
}

std::string settings_section() {
  std::string text =
      ".SH SETTINGS\nOf a configuration file, of \\fB\\-\\-set\\fR \\fIsection.key=value\\fR, and of the "
      "environment.\n";
  for (const Section& section : config_sections()) {
    text += fmt::format(".SS [{}]\n{}\n", section.name, troff(section.doc));
    for (const Field& field : config_fields())
      if (field.section == section.name)
        text += entry(fmt::format("\\fB{}\\fR (\\fI{}\\fR)", field.name(), troff(field.type)),
                      field.doc + (field.allowed.empty() ? "" : " [" + field.allowed + "]"));
  }
  return text;
}

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& version) {
  std::string text = fmt::format(".TH LORASWEEP 1 \"\" \"lorasweep {}\" \"User Commands\"\n", version);
  text += ".SH NAME\nlorasweep \\- compose LoRA adapters for unseen tasks, without gradients\n";
  text += ".SH SYNOPSIS\n.B lorasweep\n\\fIcommand\\fR [\\fIoptions\\fR] ...\n";
  text += ".SH DESCRIPTION\n" + troff(app.get_description()) +
          "\n.P\nBeside the program's bin/ are its documents, "
          "share/doc/lorasweep, and its demos, share/lorasweep/demo.\n";
  text += ".SH COMMANDS\n";
  for (const CLI::App* command : shown_commands(app)) text += command_section(*command);
  text += common_section(*shown_commands(app).front());
  text += settings_section();
  return text + ".SH EXIT STATUS\n" + troff(app.get_footer()) + "\n";
}

}  // namespace lorasweep
