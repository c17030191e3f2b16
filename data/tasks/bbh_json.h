// SPDX-License-Identifier: Apache-2.0
// BIG-Bench Hard's task files: {"canary": "...", "examples": [{"input": "...", "target": "..."}, ...]}; or the rows
// alone, as its first release and exports of it have them: one a line, or as a list.
#pragma once

#include "data/core/known_keys.h"
#include "data/tasks/text_example.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// What is done with the keys around the examples (docs/formats/tasks.md).
std::span<const KnownKey> bbh_keys();

struct BbhFile {
  std::vector<TextExample> examples;  ///< in the order of the file
  std::string canary;                 ///< asks to be kept with the examples; empty: there is none
};

/// `file` names it in errors. Which of the three forms `text` has is told by its content. InputError if it has none of
/// them.
BbhFile parse_bbh_json(std::string_view text, const std::string& file);

}  // namespace lorasweep
