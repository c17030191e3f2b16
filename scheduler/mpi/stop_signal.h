// SPDX-License-Identifier: Apache-2.0
// USR1, USR2, TERM and INT as a flag that the program looks at when it can stop.
#pragma once

#include <signal.h>

#include <array>
#include <string>

namespace lorasweep {

/// While one exists these signals only set the flag; SLURM sends them ahead of the end of a job, people press
/// Ctrl-C. A second INT within two seconds ends the process at once, as INT does by default. One at a time in
/// a process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();  ///< restores what was installed before
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const { return number() != 0; }
  int number() const;        ///< of the first that came; 0: none
  std::string name() const;  ///< "TERM"; empty: none

 private:
  static constexpr std::array watched_signals{SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
  std::array<struct sigaction, watched_signals.size()> before_{};
};

}  // namespace lorasweep
