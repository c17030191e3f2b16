// SPDX-License-Identifier: Apache-2.0
// How documents of --json are written.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace lorasweep {

/// Indented, with a newline at its end; bytes that are not UTF-8 are replaced.
inline std::string json_text(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lorasweep
