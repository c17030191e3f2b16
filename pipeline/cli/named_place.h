// SPDX-License-Identifier: Apache-2.0
// An option whose value is a file or a directory to write to.
#pragma once

#include <CLI/Validators.hpp>

#include <string>

namespace lorasweep {

/// For Option::check(): an empty text, as a shell makes of a variable that is not set, names no place.
inline CLI::Validator named_place() {
  return CLI::Validator(
      [](std::string& place) -> std::string { return place.empty() ? "must not be empty" : std::string(); }, "");
}

}  // namespace lorasweep
