// SPDX-License-Identifier: Apache-2.0
#include "pipeline/report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace lorasweep {
namespace {

constexpr std::size_t columns_if_unknown = 80;

}  // namespace

Terminal terminal_of(std::FILE* stream, const char* term) {
  if (isatty(fileno(stream)) != 1) return {};
  winsize size{};
  const bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const std::string_view name = term == nullptr ? "" : term;
  return {.rewrites = !name.empty() && name != "dumb",
          .columns = known ? size.ws_col : columns_if_unknown,
          .lines = known ? size.ws_row : std::size_t{0}};
}

Terminal terminal_of(std::FILE* stream) { return terminal_of(stream, std::getenv("TERM")); }

}  // namespace lorasweep
