// SPDX-License-Identifier: Apache-2.0
// One example as a row of JSON: an object with two texts.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "data/tasks/text_example.h"

namespace lorasweep {

/// What a format calls the two texts.
struct ExampleKeys {
  const char* input;
  const char* target;
};

/// InputError at `where` unless `row` is an object holding both keys as strings without NUL. Other keys are
/// of no concern.
TextExample read_example(const nlohmann::ordered_json& row, const ExampleKeys& keys, const std::string& where);

}  // namespace lorasweep
