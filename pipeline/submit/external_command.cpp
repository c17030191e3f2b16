// SPDX-License-Identifier: Apache-2.0
// Starts a program, reads both its streams, and kills it after the time limit.
#include "pipeline/submit/external_command.h"

#include "data/core/error.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

extern char** environ;

namespace lorasweep {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

std::array<int, 2> open_pipe(const std::string& program) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw StorageError(program, std::string("no pipe can be opened for it: ") + std::strerror(errno));
  return ends;
}

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

using Clock = std::chrono::steady_clock;

// Reads what is there; false at the end of the stream.
bool read_some(int from, std::string& into) {
  constexpr std::size_t most = 16u << 20;
  std::array<char, 4096> buffer;
  const ssize_t got = read(from, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  into.append(buffer.data(), std::min(static_cast<std::size_t>(got), most - std::min(most, into.size())));
  return got > 0;
}

// True if both streams ended in time.
bool read_streams(Descriptor& out, Descriptor& err, CommandResult& result, Clock::time_point deadline) {
  while (out.number() >= 0 || err.number() >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> streams{pollfd{out.number(), POLLIN, 0}, pollfd{err.number(), POLLIN, 0}};
    if (poll(streams.data(), streams.size(), static_cast<int>(left)) <= 0) continue;
    if (streams[0].revents != 0 && !read_some(out.number(), result.out)) out.close();
    if (streams[1].revents != 0 && !read_some(err.number(), result.err)) err.close();
  }
  return true;
}

// Terminated by null, as execve takes them; `texts` must outlive them.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

int exit_status(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& words, std::chrono::seconds at_most,
                          const std::optional<std::vector<std::string>>& environment) {
  const auto [out_end, out_start] = open_pipe(words.front());
  Descriptor out(out_end), child_out(out_start);
  const auto [err_end, err_start] = open_pipe(words.front());
  Descriptor err(err_end), child_err(err_start);
  SpawnActions actions;
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), child_out.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), child_err.number(), STDERR_FILENO);

  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> variables = environment ? pointers(*environment) : std::vector<char*>{};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], actions.get(), nullptr, arguments.data(),
                                  environment ? variables.data() : environ);
  if (failed == ENOENT || failed == EACCES)
    return {.status = 127, .out = "", .err = words.front() + ": " + std::strerror(failed)};
  if (failed != 0) throw StorageError(words.front(), std::string("cannot be started: ") + std::strerror(failed));
  child_out.close();
  child_err.close();

  CommandResult result;
  const bool in_time = read_streams(out, err, result, Clock::now() + at_most);
  if (!in_time) kill(child, SIGKILL);
  result.status = exit_status(child);
  if (!in_time) {
    result.status = 124;
    result.err += words.front() + " did not answer within " + std::to_string(at_most.count()) + " s";
  }
  return result;
}

}  // namespace lorasweep
