// SPDX-License-Identifier: Apache-2.0
// JSON Lines: one JSON document a line.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lorasweep {

constexpr std::size_t jsonl_line_bytes = 1u << 20;

/// Hands the document of every line to `row`, with its place "file:line". Blank lines are skipped, "\r\n"
/// ends a line as "\n" does. InputError with that place if a line is longer than jsonl_line_bytes or not
/// strict JSON (data/core/json.h).
void parse_jsonl(std::string_view text, const std::string& file,
                 const std::function<void(const nlohmann::ordered_json& document, const std::string& where)>& row);

}  // namespace lorasweep
