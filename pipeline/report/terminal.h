// SPDX-License-Identifier: Apache-2.0
// What a stream leads to: a screen whose last line can be written again, or anything else, which gets whole lines.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string_view>

namespace lorasweep {

struct Terminal {
  bool rewrites = false;    ///< it obeys "\r" and "\x1b[K"; a log file and a dumb terminal do not
  std::size_t columns = 0;  ///< 0: lines may be of any length
  std::size_t lines = 0;    ///< 0: there may be any number of them
};

/// Asks each time, for a window may have been resized. `term`: of the environment, TERM.
Terminal terminal_of(std::FILE* stream, const char* term);
/// The same with this process's TERM.
Terminal terminal_of(std::FILE* stream);

/// Back to the begin of a terminal's line, and nothing on it.
inline constexpr std::string_view clear_line = "\r\x1b[K";

}  // namespace lorasweep
