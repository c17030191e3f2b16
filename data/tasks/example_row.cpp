// SPDX-License-Identifier: Apache-2.0
// Checks a row of JSON before its texts are believed.
#include "data/tasks/example_row.h"

#include "data/core/error.h"

namespace lorasweep {
namespace {

std::string quoted(const char* key) { return '"' + std::string(key) + '"'; }

std::string text_of(const nlohmann::ordered_json& row, const char* key, const std::string& where) {
  const auto found = row.find(key);
  if (found == row.end()) throw InputError(where, "has no " + quoted(key), "every example needs it");
  if (!found->is_string())
    throw InputError(where, quoted(key) + " is of type " + found->type_name() + ", not a string", "quote it");
  std::string text = found->get<std::string>();
  // Result files store texts as C strings, which would end here.
  if (text.find('\0') != std::string::npos)
    throw InputError(where, quoted(key) + " holds a NUL character", "remove it");
  return text;
}

}  // namespace

TextExample read_example(const nlohmann::ordered_json& row, const ExampleKeys& keys, const std::string& where) {
  if (!row.is_object())
    throw InputError(
        where, std::string("is of type ") + row.type_name() + ", not an object",
        "an example looks like {" + quoted(keys.input) + ": \"...\", " + quoted(keys.target) + ": \"...\"}");
  return {.input = text_of(row, keys.input, where), .target = text_of(row, keys.target, where)};
}

}  // namespace lorasweep
