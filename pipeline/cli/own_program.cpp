// SPDX-License-Identifier: Apache-2.0
// Starts the program between two files in memory.
#include "pipeline/cli/own_program.h"

#include "pipeline/cli/own_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace lorasweep {
namespace {

// Holds any amount of text between two processes of which none waits for the other: no pipe that fills or breaks.
class MemoryFile {
 public:
  MemoryFile() {
    const int made = ::memfd_create("lorasweep", MFD_CLOEXEC);
    if (made < 0) return;
    descriptor_ = ::fcntl(made, F_DUPFD_CLOEXEC, 3);  // not in the place of a standard stream that is closed
    ::close(made);
  }
  ~MemoryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  bool is_there() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

  bool fill(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t done = ::write(descriptor_, text.data() + at, text.size() - at);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      at += static_cast<std::size_t>(done);
    }
    return ::lseek(descriptor_, 0, SEEK_SET) == 0;
  }

  std::string text() const {
    std::string all;
    std::array<char, 4096> some;
    for (;;) {
      const ssize_t done = ::pread(descriptor_, some.data(), some.size(), static_cast<off_t>(all.size()));
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return all;
      all.append(some.data(), static_cast<std::size_t>(done));
    }
  }

 private:
  int descriptor_ = -1;
};

// What posix_spawn is told: the two files as standard streams, and every signal blocked but those of crashes. Ctrl-C
// reaches all processes of a terminal, and whoever is stopped decides what becomes of this reading.
class Start {
 public:
  Start(const MemoryFile& in, const MemoryFile& out) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, in.descriptor(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, out.descriptor(), STDOUT_FILENO);
    sigset_t all;
    sigfillset(&all);
    for (const int signal : crash_signals) sigdelset(&all, signal);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~Start() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  std::optional<pid_t> start(const std::filesystem::path& program, std::string command, std::string file) const {
    std::string name = "lorasweep";
    std::array<char*, 4> arguments{name.data(), command.data(), file.data(), nullptr};
    pid_t child = 0;
    if (posix_spawn(&child, program.c_str(), &files_, &attributes_, arguments.data(), environ) != 0)
      return std::nullopt;
    return child;
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

// The wait status of `child`, or nothing where somebody else has waited for it.
std::optional<int> wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return std::nullopt;
  return status;
}

}  // namespace

std::optional<ProgramAnswer> ask_program(const std::filesystem::path& program, const std::string& command,
                                         const std::filesystem::path& file, const std::string& question) {
  MemoryFile in, out;
  if (!in.is_there() || !out.is_there() || !in.fill(question)) return std::nullopt;
  const std::optional<pid_t> child = Start(in, out).start(program, command, file.string());
  const std::optional<int> status = child ? wait_for(*child) : std::nullopt;
  if (!status) return std::nullopt;
  if (WIFSIGNALED(*status)) return ProgramAnswer{.code = 0, .signal = WTERMSIG(*status), .text = ""};
  return ProgramAnswer{.code = WEXITSTATUS(*status), .signal = 0, .text = out.text()};
}

}  // namespace lorasweep
