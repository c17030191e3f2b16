// SPDX-License-Identifier: Apache-2.0
// Reads the examples of a BIG-Bench Hard task file.
#include "data/tasks/bbh_json.h"

#include "data/core/error.h"
#include "data/core/json.h"
#include "data/tasks/example_row.h"

namespace lorasweep {

std::vector<TextExample> parse_bbh_json(std::string_view text, const std::string& file) {
  constexpr ExampleKeys kKeys{.input = "input", .target = "target"};
  const nlohmann::ordered_json document = parse_json(text, file);
  const auto rows = document.is_object() ? document.find("examples") : document.end();
  if (rows == document.end() || !rows->is_array())
    throw InputError(file, "has no array \"examples\"",
                     "a BBH task looks like {\"examples\": [{\"input\": \"...\", \"target\": \"...\"}]}; "
                     "leave other files out with tasks.names");
  std::vector<TextExample> examples;
  examples.reserve(rows->size());
  for (const auto& row : *rows)
    examples.push_back(read_example(row, kKeys, file + ": examples[" + std::to_string(examples.size()) + "]"));
  return examples;
}

}  // namespace lorasweep
