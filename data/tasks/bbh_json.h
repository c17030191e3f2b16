// SPDX-License-Identifier: Apache-2.0
// BIG-Bench Hard's task files: {"canary": "...", "examples": [{"input": "...", "target": "..."}, ...]}.
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

/// The examples in the order of the file; `file` names it in errors. InputError if `text` is not such a
/// document.
std::vector<TextExample> parse_bbh_json(std::string_view text, const std::string& file);

}  // namespace lorasweep
