// SPDX-License-Identifier: Apache-2.0
// Which process it is, in words that another process can check: on this machine as long as it runs, or elsewhere.
#pragma once

#include <cstdint>
#include <string>

namespace lorasweep {

struct ProcessMark {
  std::string host;        ///< for people
  std::int64_t pid = 0;    ///< as its own machine (or container) numbers it
  std::string machine;     ///< the boot of the machine and the space of process numbers
  std::uint64_t born = 0;  ///< ticks since the boot: numbers are used again
  bool operator==(const ProcessMark&) const = default;
};

enum class ProcessState {
  alive,
  suspended,  ///< by SIGSTOP or a debugger
  gone,
  elsewhere,  ///< on another machine, or in another container: it cannot be looked at from here
};

ProcessMark this_process();
ProcessState state_of(const ProcessMark& process);

}  // namespace lorasweep
