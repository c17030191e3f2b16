// SPDX-License-Identifier: Apache-2.0
#include "data/core/error.h"

#include <utility>

namespace lorasweep {
namespace {

std::string sentence(const std::string& where, const std::string& problem, const std::string& remedy) {
  std::string text = where.empty() ? problem : where + ": " + problem;
  if (!remedy.empty()) text += "; " + remedy;
  return text;
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
