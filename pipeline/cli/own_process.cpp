// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/own_process.h"

#include "data/core/file.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <span>
#include <vector>

namespace lorasweep {

bool is_crash(int signal) { return std::ranges::find(crash_signals, signal) != crash_signals.end(); }

Error ended_from_outside(const std::filesystem::path& file, int signal) {
  return {static_cast<ExitCode>(128 + signal), file.string(),
          fmt::format("the process that read it was ended from outside, by signal {} ({})", signal, strsignal(signal)),
          "run the command again; if nobody ended it, there was not enough memory"};
}

void require_readable(const std::filesystem::path& path) try {
  const RandomAccessFile file(path);
  std::vector<std::byte> bytes(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < file.size(); at += bytes.size())
    file.read(at, std::span(bytes).first(std::min<std::uint64_t>(bytes.size(), file.size() - at)));
} catch (const InputError&) {
}

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
  if (!is_crash(signal)) throw ended_from_outside(file, signal);
  require_readable(file);
  throw InputError(
      file.string(),
      fmt::format("the library that reads it ended with signal {} ({}): the file is damaged, or was made to "
                  "deceive",
                  signal, strsignal(signal)),
      "name a file that lorasweep wrote, or write it anew with `lorasweep collect`");
}

}  // namespace lorasweep
