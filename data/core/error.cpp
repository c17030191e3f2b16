// SPDX-License-Identifier: Apache-2.0
// Puts the parts of an error together into one printable sentence.
#include "data/core/error.h"

#include <fmt/format.h>

#include <utility>

namespace lorasweep {
namespace {

// Names may come from files that others wrote: a message must not move a terminal's cursor, and a NUL must not end it.
// Lists of problems keep their lines.
std::string printable(const std::string& text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f)
      shown += fmt::format("\\x{:02x}", byte);
    else
      shown += c;
  }
  return shown;
}

std::string sentence(const std::string& where, const std::string& problem, const std::string& remedy) {
  std::string text = where.empty() ? problem : where + ": " + problem;
  if (!remedy.empty()) text += "; " + remedy;
  return printable(text);
}

}  // namespace

Error::Error(ExitCode code, std::string where, std::string problem, std::string remedy)
    : std::runtime_error(sentence(where, problem, remedy)),
      code_(code),
      where_(std::move(where)),
      problem_(std::move(problem)),
      remedy_(std::move(remedy)) {}

ConfigError::ConfigError(std::string where, std::string problem, std::string remedy)
    : Error(ExitCode::usage, std::move(where), std::move(problem), std::move(remedy)) {}

InputError::InputError(std::string where, std::string problem, std::string remedy)
    : Error(ExitCode::bad_input, std::move(where), std::move(problem), std::move(remedy)) {}

StorageError::StorageError(std::string where, std::string problem, std::string remedy)
    : Error(ExitCode::storage, std::move(where), std::move(problem), std::move(remedy)) {}

InternalError::InternalError(std::string problem, std::string where)
    : Error(ExitCode::internal, std::move(where), std::move(problem), "please report this as a defect") {}

}  // namespace lorasweep
