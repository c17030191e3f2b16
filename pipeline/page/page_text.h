// SPDX-License-Identifier: Apache-2.0
// What a report has besides its contents: the style sheet and the script.
#pragma once

#include <string_view>

namespace lorasweep {

std::string_view page_style();
/// Sorts tables and filters answers. The report can be read without it.
std::string_view page_script();

}  // namespace lorasweep
