// SPDX-License-Identifier: Apache-2.0
// One example of a task, as text.
#pragma once

#include <string>

namespace lorasweep {

struct TextExample {
  std::string input;
  std::string target;
};

}  // namespace lorasweep
