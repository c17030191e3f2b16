// SPDX-License-Identifier: Apache-2.0
// How deep the tables of a TOML text go, before toml++ builds them: it takes them apart by recursion, and 20,000 tables
// in tables overflow the stack.
#pragma once

#include <string_view>

namespace lorasweep {

/// The most dots that a key or a table's header may have. toml++ itself bounds values within values (256), so that
/// nothing is deeper than about 2,500.
constexpr int most_dots_of_a_key = 8;

/// The line, from 1, of the first key or header with more dots than that; 0 if there is none.
unsigned first_line_with_too_many_dots(std::string_view toml);

}  // namespace lorasweep
