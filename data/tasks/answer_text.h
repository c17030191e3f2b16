// SPDX-License-Identifier: Apache-2.0
// What is recorded and scored of a decoded answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// What comes before the first of the stop texts; all of it where there is none.
std::string_view before_stop(std::string_view answer, const std::vector<std::string>& stop);

/// Without white space at both ends, as Python's str.strip().
std::string_view stripped(std::string_view answer);

}  // namespace lorasweep
