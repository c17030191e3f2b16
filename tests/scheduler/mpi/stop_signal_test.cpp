// SPDX-License-Identifier: Apache-2.0
// Signals become a flag; each test runs in a child of its own, for signals are the process's.
#include "scheduler/mpi/stop_signal.h"

#include "data/core/error.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <functional>

namespace lorasweep {
namespace {

/// The wait status of a child that ran `body` and exits with what it returns.
int status_of_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

int exit_code_of_child(const std::function<int()>& body) {
  const int status = status_of_child(body);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct NamedSignal {
  int number;
  const char* name;
};

class EachStopSignal : public testing::TestWithParam<NamedSignal> {};

TEST_P(EachStopSignal, SetsTheFlagAndTheProgramGoesOn) {
  const auto [number, name] = GetParam();
  EXPECT_EQ(exit_code_of_child([&] {
              const StopSignal stop;
              if (stop.requested() || !stop.name().empty()) return 1;
              raise(number);
              return stop.requested() && stop.number() == number && stop.name() == name ? 0 : 2;
            }),
            0);
}

// All is done, and the process is about to return its exit code.
TEST_P(EachStopSignal, TakesNoExitCodeOnceTheWatchIsOver) {
  const int number = GetParam().number;
  EXPECT_EQ(exit_code_of_child([&] {
              { const StopSignal stop; }
              raise(number);
              return 7;
            }),
            7);
}

INSTANTIATE_TEST_SUITE_P(All, EachStopSignal,
                         testing::Values(NamedSignal{SIGUSR1, "USR1"}, NamedSignal{SIGUSR2, "USR2"},
                                         NamedSignal{SIGTERM, "TERM"}, NamedSignal{SIGINT, "INT"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(StopSignal, LetsASecondInterruptEndTheProcess) {
  EXPECT_EQ(exit_code_of_child([] {
              const StopSignal stop;
              raise(SIGINT);
              raise(SIGINT);
              return 0;
            }),
            -SIGINT);
}

TEST(StopSignal, ForgivesASecondInterruptMuchLater) {
  EXPECT_EQ(exit_code_of_child([] {
              const StopSignal stop;
              raise(SIGINT);
              const timespec pause{2, 200'000'000};
              nanosleep(&pause, nullptr);
              raise(SIGINT);
              return 7;
            }),
            7);
}

TEST(StopSignal, EndsNothingForRepeatedTerms) {
  EXPECT_EQ(exit_code_of_child([] {
              const StopSignal stop;
              raise(SIGTERM);
              raise(SIGTERM);
              raise(SIGINT);
              return stop.number() == SIGTERM ? 7 : 1;
            }),
            7);
}

TEST(StopSignal, StartsAfresh) {
  EXPECT_EQ(exit_code_of_child([] {
              {
                const StopSignal first;
                raise(SIGUSR1);
              }
              const StopSignal second;
              return second.requested() ? 1 : 7;
            }),
            7);
}

TEST(StopSignal, RefusesASecondWatch) {
  const StopSignal stop;
  EXPECT_THROW(StopSignal(), InternalError);
}

}  // namespace
}  // namespace lorasweep
