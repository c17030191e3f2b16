// SPDX-License-Identifier: Apache-2.0
// Reads the examples of a BIG-Bench Hard task file.
#include "data/tasks/bbh_json.h"

#include "data/core/error.h"
#include "data/core/json.h"
#include "data/tasks/example_row.h"

#include <array>

namespace lorasweep {
namespace {

constexpr std::string_view about = "says what the task is, to people";
constexpr auto known = std::to_array<KnownKey>({
    {"examples", KeyUse::used},
    {"canary", KeyUse::harmless, "marks the file as one that must not be trained on"},
    {"name", KeyUse::harmless, "a task is named after its file"},
    {"description", KeyUse::harmless, about},
    {"keywords", KeyUse::harmless, about},
    {"version", KeyUse::harmless, about},
    {"license", KeyUse::harmless, about},
    {"source", KeyUse::harmless, about},
    {"url", KeyUse::harmless, about},
    {"comment", KeyUse::harmless, about},
    {"metrics", KeyUse::harmless, "answers are scored by the two rules of this program"},
    {"preferred_score", KeyUse::harmless, "answers are scored by the two rules of this program"},
});

}  // namespace

std::span<const KnownKey> bbh_keys() { return known; }

std::vector<TextExample> parse_bbh_json(std::string_view text, const std::string& file) {
  constexpr ExampleKeys keys{.input = "input", .target = "target"};
  const nlohmann::ordered_json document = parse_json(text, file);
  const auto rows = document.is_object() ? document.find("examples") : document.end();
  if (rows == document.end() || !rows->is_array())
    throw InputError(file, "has no array \"examples\"",
                     "a BBH task looks like {\"examples\": [{\"input\": \"...\", \"target\": \"...\"}]}; "
                     "leave other files out with tasks.names");
  refuse_other_keys(document, known, file, "put it into tasks.prompt if it belongs to the prompt, or take it out");
  std::vector<TextExample> examples;
  examples.reserve(rows->size());
  for (const auto& row : *rows)
    examples.push_back(read_example(row, keys, file + ": examples[" + std::to_string(examples.size()) + "]"));
  return examples;
}

}  // namespace lorasweep
