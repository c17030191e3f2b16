// SPDX-License-Identifier: Apache-2.0
// Checks a row of JSON before its texts are believed.
#include "data/tasks/example_row.h"

#include "data/core/error.h"

#include <array>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::string_view kLabel = "tells rows apart", kOrigin = "says where a row comes from",
                           kAbout = "says what a row is about";
constexpr auto kOtherKeys = std::to_array<KnownKey>({
    {"id", KeyUse::harmless, kLabel},         {"idx", KeyUse::harmless, kLabel},
    {"index", KeyUse::harmless, kLabel},      {"uid", KeyUse::harmless, kLabel},
    {"uuid", KeyUse::harmless, kLabel},       {"qid", KeyUse::harmless, kLabel},
    {"name", KeyUse::harmless, kLabel},       {"canary", KeyUse::harmless, kOrigin},
    {"source", KeyUse::harmless, kOrigin},    {"split", KeyUse::harmless, kOrigin},
    {"dataset", KeyUse::harmless, kOrigin},   {"meta", KeyUse::harmless, kAbout},
    {"metadata", KeyUse::harmless, kAbout},   {"comment", KeyUse::harmless, kAbout},
    {"task", KeyUse::harmless, kAbout},       {"task_name", KeyUse::harmless, kAbout},
    {"category", KeyUse::harmless, kAbout},   {"subject", KeyUse::harmless, kAbout},
    {"difficulty", KeyUse::harmless, kAbout},
});

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

std::span<const KnownKey> example_keys() { return kOtherKeys; }

TextExample read_example(const nlohmann::ordered_json& row, const ExampleKeys& keys, const std::string& where) {
  if (!row.is_object())
    throw InputError(
        where, std::string("is of type ") + row.type_name() + ", not an object",
        "an example looks like {" + quoted(keys.input) + ": \"...\", " + quoted(keys.target) + ": \"...\"}");
  TextExample example = {.input = text_of(row, keys.input, where), .target = text_of(row, keys.target, where)};
  std::vector<KnownKey> known(kOtherKeys.begin(), kOtherKeys.end());
  known.push_back({keys.input});
  known.push_back({keys.target});
  refuse_other_keys(row, known, where, "put it into the input or the target if it belongs there, or take it out");
  return example;
}

}  // namespace lorasweep
