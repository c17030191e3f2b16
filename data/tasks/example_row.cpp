// SPDX-License-Identifier: Apache-2.0
// Checks a row of JSON before its texts are used.
#include "data/tasks/example_row.h"

#include "data/core/error.h"

#include <array>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::string_view label = "tells rows apart", origin = "says where a row comes from",
                           about = "says what a row is about";
constexpr auto other_keys = std::to_array<KnownKey>({
    {"id", KeyUse::harmless, label},         {"idx", KeyUse::harmless, label},
    {"index", KeyUse::harmless, label},      {"uid", KeyUse::harmless, label},
    {"uuid", KeyUse::harmless, label},       {"qid", KeyUse::harmless, label},
    {"name", KeyUse::harmless, label},       {"canary", KeyUse::harmless, origin},
    {"source", KeyUse::harmless, origin},    {"split", KeyUse::harmless, origin},
    {"dataset", KeyUse::harmless, origin},   {"meta", KeyUse::harmless, about},
    {"metadata", KeyUse::harmless, about},   {"comment", KeyUse::harmless, about},
    {"task", KeyUse::harmless, about},       {"task_name", KeyUse::harmless, about},
    {"category", KeyUse::harmless, about},   {"subject", KeyUse::harmless, about},
    {"difficulty", KeyUse::harmless, about},
});

std::string quoted(const char* key) { return '"' + std::string(key) + '"'; }

// What a row has instead of what is missing: often the same under another name.
std::string keys_of(const nlohmann::ordered_json& row) {
  constexpr std::size_t most = 6;
  std::string names;
  std::size_t count = 0;
  for (const auto& [key, value] : row.items())
    if (++count <= most) names += (count > 1 ? ", " : "") + shown(key);
  return names.empty() ? "" : ", only " + names + (count > most ? ", ..." : "");
}

std::string text_of(const nlohmann::ordered_json& row, const char* key, const std::string& where) {
  const auto found = row.find(key);
  if (found == row.end()) throw InputError(where, "has no " + quoted(key) + keys_of(row), "every example needs it");
  if (!found->is_string())
    throw InputError(where, quoted(key) + " is of type " + found->type_name() + ", not a string", "quote it");
  std::string text = found->get<std::string>();
  // Result files store texts as C strings, which would end here.
  if (text.find('\0') != std::string::npos)
    throw InputError(where, quoted(key) + " holds a NUL character", "remove it");
  return text;
}

}  // namespace

std::span<const KnownKey> example_keys() { return other_keys; }

TextExample read_example(const nlohmann::ordered_json& row, const ExampleKeys& keys, const std::string& where) {
  if (!row.is_object())
    throw InputError(
        where, std::string("is of type ") + row.type_name() + ", not an object",
        "an example looks like {" + quoted(keys.input) + ": \"...\", " + quoted(keys.target) + ": \"...\"}");
  TextExample example = {.input = text_of(row, keys.input, where), .target = text_of(row, keys.target, where)};
  std::vector<KnownKey> known(other_keys.begin(), other_keys.end());
  known.push_back({keys.input});
  known.push_back({keys.target});
  refuse_other_keys(row, known, where, "put it into the input or the target if it belongs there, or take it out");
  return example;
}

}  // namespace lorasweep
