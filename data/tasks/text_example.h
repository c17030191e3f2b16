// SPDX-License-Identifier: Apache-2.0
// One example of a task, as text.
#pragma once

#include <cstdint>
#include <string>

namespace lorasweep {

struct TextExample {
  std::string input;
  std::string target;
  std::int32_t place = -1;  ///< in its file, from 0; -1: it is in none
};

}  // namespace lorasweep
