// SPDX-License-Identifier: Apache-2.0
// A stopped process is ended; one that runs, and one that only has the number of one that was, are not.
#include "scheduler/mpi/node_peers.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lorasweep {
namespace {

/// A child that waits for a signal; says itself what it is.
class Child {
 public:
  Child() {
    int ends[2] = {};
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const ProcessId own = own_process_id();
      if (write(ends[1], &own, sizeof own) != sizeof own) _exit(1);
      for (;;) pause();
    }
    EXPECT_EQ(read(ends[0], &id_, sizeof id_), static_cast<ssize_t>(sizeof id_));
    close(ends[0]);
    close(ends[1]);
  }
  ~Child() {
    if (reaped_) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  const ProcessId& id() const { return id_; }
  void stop() const {
    kill(pid_, SIGSTOP);
    int status = 0;
    waitpid(pid_, &status, WUNTRACED);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  int signal_that_ended_it() {
    int status = 0;
    waitpid(pid_, &status, 0);
    reaped_ = true;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  pid_t pid_ = 0;
  ProcessId id_;
  bool reaped_ = false;
};

TEST(EndIfStopped, EndsAProcessThatIsStopped) {
  Child child;
  child.stop();
  EXPECT_TRUE(end_if_stopped(child.id()));
  EXPECT_EQ(child.signal_that_ended_it(), SIGKILL);
}

TEST(EndIfStopped, LeavesAProcessThatSleepsAlone) {
  const Child child;
  EXPECT_FALSE(end_if_stopped(child.id()));
  EXPECT_EQ(kill(static_cast<pid_t>(child.id().pid), 0), 0);
}

TEST(EndIfStopped, LeavesAProcessAloneThatIsNotTheOneMeant) {
  Child child;
  child.stop();
  EXPECT_FALSE(end_if_stopped({.pid = child.id().pid, .started = child.id().started + 1}));
  EXPECT_FALSE(end_if_stopped({.pid = child.id().pid, .started = 0})) << "nobody knows when it was started";
  EXPECT_TRUE(end_if_stopped(child.id()));
  EXPECT_EQ(child.signal_that_ended_it(), SIGKILL);
}

TEST(EndIfStopped, FindsNothingToEndWhereTheProcessIsGone) {
  Child child;
  child.stop();
  EXPECT_TRUE(end_if_stopped(child.id()));
  child.signal_that_ended_it();
  EXPECT_FALSE(end_if_stopped(child.id()));
}

}  // namespace
}  // namespace lorasweep
