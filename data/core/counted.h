// SPDX-License-Identifier: Apache-2.0
// Numbers with their nouns, for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lorasweep {

/// "1 worker", "3 workers", "0 workers". For nouns whose plural is an s more.
inline std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace lorasweep
