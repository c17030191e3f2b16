// SPDX-License-Identifier: Apache-2.0
// lorasweep inspect: says what a file or a directory is.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/model/hub_cache.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/inspection.h"
#include "pipeline/outcome/text_table.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

enum class Form { text, json };

std::string shown(const Inspection& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Inspection::error_handler_t::replace);
}

// A row an object, a column a key of the first.
TextTable table_of(const Inspection& objects) {
  TextTable table;
  for (const auto& [key, value] : objects[0].items())
    table.columns.push_back(
        {(table.columns.empty() ? "  " : "") + key, value.is_number() ? Align::right : Align::left});
  for (const Inspection& object : objects) {
    std::vector<std::string> row;
    for (const auto& [key, first] : objects[0].items()) {
      const Inspection value = object.value(key, Inspection());
      const std::string text = value.is_null()           ? "-"
                               : value.is_number_float() ? fmt::format("{:.4g}", value.get<double>())
                                                         : shown(value);
      row.push_back((row.empty() ? "  " : "") + text);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

// A text of several lines, below its key. What would steer a terminal is shown by its number.
void print_lines(const std::string& key, const std::string& text) {
  std::cout << key << "\n  ";
  for (const char c : text) {
    const bool steers = (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
    std::cout << (steers ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : std::string(1, c))
              << (c == '\n' ? "  " : "");
  }
  std::cout << "\n";
}

void print_text(const Inspection& found) {
  for (const auto& [key, value] : found.items()) {
    if (key.starts_with("chat_template")) {
      print_lines(key, shown(value));
      continue;
    }
    const bool is_table = value.is_array() && !value.empty() && value[0].is_object();
    if (!is_table && (!value.is_array() || value.size() <= 1)) {
      std::cout << fmt::format("{:<22} {}\n", key,
                               value.is_structured() && value.empty() ? "none"
                               : value.is_array()                     ? shown(value[0])
                                                                      : shown(value));
      continue;
    }
    std::cout << key << "\n";
    if (is_table) {
      std::cout << as_text(table_of(value));
      continue;
    }
    for (const Inspection& entry : value) std::cout << "  " << shown(entry) << "\n";
  }
}

// "org/name" of the Hugging Face cache, where no such path is there and the cache has it; else the path.
std::filesystem::path place_of(const std::filesystem::path& path) {
  if (is_there(path) || path.is_absolute()) return path;
  try {
    return find_model(path.string());
  } catch (const InputError&) {
    return path;
  }
}

ExitCode run(const std::filesystem::path& path, Form form) {
  const Inspection found = inspect(place_of(path));
  if (form == Form::json)
    std::cout << found.dump(2, ' ', false, Inspection::error_handler_t::replace) << "\n";
  else
    print_text(found);
  return ExitCode::ok;
}

struct InspectArguments {
  std::filesystem::path path;
  bool json = false;
};

}  // namespace

void add_inspect_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "inspect", "Say what a file or directory is: model, adapter, weights, tokenizer, task, run, results");
  const auto arguments = std::make_shared<InspectArguments>();
  command->add_option("PATH", arguments->path, "A file or a directory")->required();
  command->add_flag("--json", arguments->json, "One JSON document");
  command->callback([arguments, &choice] {
    choice.stranger = arguments->path;
    choice.action = [arguments] { return run(arguments->path, arguments->json ? Form::json : Form::text); };
  });
}

}  // namespace lorasweep
