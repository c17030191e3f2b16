// SPDX-License-Identifier: Apache-2.0
// USR1, USR2, TERM and INT as a flag that the program looks at when it can stop.
#pragma once

#include <string>

namespace lorasweep {

/// From the first one on these signals only set the flag, and do until the process ends: one that comes when all is
/// done must not take its exit code. SLURM sends them ahead of the end of a job, people press Ctrl-C. A second INT
/// within two seconds ends the process at once, as INT does by default. One at a time in a process; each begins anew.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const { return number() != 0; }
  int number() const;        ///< of the first that came; 0: none
  std::string name() const;  ///< "TERM"; empty: none
};

}  // namespace lorasweep
