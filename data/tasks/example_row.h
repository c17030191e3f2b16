// SPDX-License-Identifier: Apache-2.0
// One example as a row of JSON: an object with two texts.
#pragma once

#include "data/core/known_keys.h"
#include "data/tasks/text_example.h"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace lorasweep {

/// What a format calls the two texts.
struct ExampleKeys {
  const char* input;
  const char* target;
};

/// What is done with a row's other keys (docs/formats/tasks.md).
std::span<const KnownKey> example_keys();

/// InputError at `where` unless `row` is an object holding both keys as strings without NUL, and no other key that
/// might belong to the prompt or to the answer.
TextExample read_example(const nlohmann::ordered_json& row, const ExampleKeys& keys, const std::string& where);

}  // namespace lorasweep
