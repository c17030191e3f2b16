// SPDX-License-Identifier: Apache-2.0
// Reads the examples of a BIG-Bench Hard task file.
#include "data/tasks/bbh_json.h"

#include "data/core/error.h"
#include "data/core/foreign_content.h"
#include "data/core/json.h"
#include "data/tasks/example_row.h"
#include "data/tasks/jsonl.h"

#include <array>
#include <string>

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

constexpr ExampleKeys row_keys{.input = "input", .target = "target"};
constexpr const char* forms =
    "a BBH task looks like {\"examples\": [{\"input\": \"...\", \"target\": \"...\"}]}, or has such rows one a line or "
    "as a list; leave other files out with tasks.names";

using Json = nlohmann::ordered_json;

std::vector<TextExample> examples_of(const Json& rows, const std::string& place) {
  std::vector<TextExample> examples;
  examples.reserve(rows.size());
  for (const Json& row : rows) {
    const std::size_t index = examples.size();
    examples.push_back(read_example(row, row_keys, place + "[" + std::to_string(index) + "]"));
    examples.back().place = static_cast<std::int32_t>(index);
  }
  return examples;
}

// A table by columns has an input, too.
bool is_row(const Json& object) {
  const auto input = object.find(row_keys.input);
  return input != object.end() && !input->is_structured();
}

// Each line an object, and more than one of them, or one that is a row: then the file is no document of its own.
bool has_rows_as_lines(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') return false;
  text.remove_prefix(begin);
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  const bool alone = end == std::string_view::npos || text.find_first_not_of(" \t\r\n", end) == std::string_view::npos;
  try {
    const Json first = parse_json(line, "");
    return first.is_object() && !first.contains("examples") && (!alone || is_row(first));
  } catch (const InputError&) {
    return false;  // a document over many lines
  }
}

// Tables by columns ({"input": {"0": ...}}, {"input": [...]}) and answers of a viewer ({"rows": [...]}): named, not
// read.
void refuse_other_exports(const Json& document, const std::string& file) {
  if (!document.is_object()) return;
  if (const auto column = document.find(row_keys.input); column != document.end() && column->is_structured())
    throw InputError(file, "holds a table column by column", "export it row by row: orient=\"records\" in pandas");
  for (const char* key : {"rows", "data", "train", "test"})
    if (const auto rows = document.find(key); rows != document.end() && rows->is_array())
      throw InputError(file, std::string("has its rows under \"") + key + "\"",
                       std::string("name that list \"examples\"; ") + forms);
}

}  // namespace

std::span<const KnownKey> bbh_keys() { return known; }

BbhFile parse_bbh_json(std::string_view text, const std::string& file) {
  text = without_byte_order_mark(text);
  BbhFile found;
  if (has_rows_as_lines(text)) {
    parse_jsonl(text, file, [&](const Json& row, const std::string& where) {
      found.examples.push_back(read_example(row, row_keys, where));
      found.examples.back().place = static_cast<std::int32_t>(found.examples.size()) - 1;
    });
    return found;
  }
  const Json document = parse_json(text, file);
  if (document.is_array() && !document.empty()) {
    found.examples = examples_of(document, file + ": row ");
    return found;
  }
  const auto rows = document.is_object() ? document.find("examples") : document.end();
  if (rows == document.end() || !rows->is_array()) {
    refuse_other_exports(document, file);
    throw InputError(file, "has no array \"examples\"", forms);
  }
  refuse_other_keys(document, known, file, "put it into tasks.prompt if it belongs to the prompt, or take it out");
  if (const auto canary = document.find("canary"); canary != document.end() && canary->is_string())
    found.canary = canary->get<std::string>();
  found.examples = examples_of(*rows, file + ": examples");
  return found;
}

}  // namespace lorasweep
