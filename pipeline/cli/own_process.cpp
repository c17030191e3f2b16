// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/own_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>

namespace lorasweep {

namespace {

// What a process brings upon itself. Everything else comes from outside and says nothing about the file.
bool is_crash(int signal) {
  constexpr std::array crashes{SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGTRAP, SIGXCPU};
  return std::ranges::find(crashes, signal) != crashes.end();
}

}  // namespace

ExitCode in_own_process(const std::filesystem::path& file, const std::function<ExitCode()>& action) {
  std::cout << std::flush;
  const pid_t child = fork();
  if (child < 0) return action();  // no process to be had: then without the protection
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever stops the command stops this
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    const ExitCode code = action();
    std::cout << std::flush;
    std::cerr << std::flush;
    _exit(static_cast<int>(code));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw InternalError(fmt::format("waitpid: {}", std::strerror(errno)));
  if (WIFEXITED(status)) return static_cast<ExitCode>(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  if (!is_crash(signal))
    throw Error(
        static_cast<ExitCode>(128 + signal), file.string(),
        fmt::format("the process that read it was ended from outside, by signal {} ({})", signal, strsignal(signal)),
        "run the command again; if nobody ended it, there was not enough memory");
  throw InputError(
      file.string(),
      fmt::format("the library that reads it ended with signal {} ({}): the file is damaged, or was made to "
                  "deceive",
                  signal, strsignal(signal)),
      "name a file that lorasweep wrote, or write it anew with `lorasweep collect`");
}

}  // namespace lorasweep
