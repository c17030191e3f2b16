// SPDX-License-Identifier: Apache-2.0
// Both sides run one list of steps, and notice where they do not.
#include "scheduler/mpi/start_steps.h"

#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Scheduler {
  std::vector<std::string> done = {};
  std::string fails_before = {};  ///< in prepare() of the step of this name
};
struct Worker {
  std::vector<std::string> done = {};
};

// A collective call on both sides, so that a step out of place would show.
template <typename Step>
struct Both {
  static void run(Scheduler& side) { take(side.done); }
  static void run(Worker& side) { take(side.done); }
  static void prepare(Scheduler& side) {
    if (side.fails_before == Step::name) throw InputError("weights", "cannot be read");
  }

 private:
  static void take(std::vector<std::string>& done) {
    std::string sent(Step::name);
    broadcast_bytes(test_session(), sent);
    EXPECT_EQ(sent, Step::name);
    done.emplace_back(Step::name);
  }
};
struct First : Both<First> {
  static constexpr std::string_view name = "first";
};
struct Second : Both<Second> {
  static constexpr std::string_view name = "second";
};
struct Third : Both<Third> {
  static constexpr std::string_view name = "third";
};
using ThreeSteps = StartSteps<Scheduler, Worker, First, Second, Third>;

// What does not compile.
struct OnSchedulerOnly {
  static constexpr std::string_view name = "half";
  static void run(Scheduler&) {}
};
struct OnWorkerOnly {
  static constexpr std::string_view name = "half";
  static void run(Worker&) {}
};
struct Nameless {
  static void run(Scheduler&) {}
  static void run(Worker&) {}
};
static_assert(StartStep<First, Scheduler, Worker>);
static_assert(!StartStep<OnSchedulerOnly, Scheduler, Worker>);
static_assert(!StartStep<OnWorkerOnly, Scheduler, Worker>);
static_assert(!StartStep<Nameless, Scheduler, Worker>);
static_assert(!all_differ({dismissal, First::name, Second::name, First::name}));

TEST(StartSteps, AreRunByBothSidesInTheListsOrder) {
  if (test_session().scheduler()) {
    Scheduler side;
    StartLeader<ThreeSteps> start(test_session(), side);
    start.take_through<Second>();
    EXPECT_THAT(side.done, ElementsAre("first", "second"));
    start.take_through<Second>();
    EXPECT_THAT(side.done, ElementsAre("first", "second")) << "it is taken already";
    start.take_all();
    EXPECT_THAT(side.done, ElementsAre("first", "second", "third"));
  } else {
    Worker side;
    EXPECT_TRUE(follow_start<ThreeSteps>(test_session(), side));
    EXPECT_THAT(side.done, ElementsAre("first", "second", "third"));
  }
}

TEST(StartSteps, EndForTheWorkersWhereRankZeroGoesNoFurther) {
  if (test_session().scheduler()) {
    Scheduler side;
    { const StartLeader<ThreeSteps> before_the_first(test_session(), side); }
    StartLeader<ThreeSteps> after_the_first(test_session(), side);
    after_the_first.take_through<First>();
  } else {
    Worker side;
    EXPECT_FALSE(follow_start<ThreeSteps>(test_session(), side));
    EXPECT_THAT(side.done, IsEmpty());
    EXPECT_FALSE(follow_start<ThreeSteps>(test_session(), side));
    EXPECT_THAT(side.done, ElementsAre("first"));
  }
}

TEST(StartSteps, EndForTheWorkersWhereWhatRankZeroDoesAloneFails) {
  if (test_session().scheduler()) {
    Scheduler side{.fails_before = "third"};
    const auto start = [&] { StartLeader<ThreeSteps>(test_session(), side).take_all(); };
    EXPECT_THROW(start(), InputError);
    EXPECT_THAT(side.done, ElementsAre("first", "second"));
  } else {
    Worker side;
    EXPECT_FALSE(follow_start<ThreeSteps>(test_session(), side));
    EXPECT_THAT(side.done, ElementsAre("first", "second"));
  }
}

// Programs of two versions: the list of one has a step that the other's has not.
struct Silent {
  static constexpr std::string_view name = "silent";
  static void run(Scheduler&) {}
  static void run(Worker&) {}
};

TEST(StartSteps, RefuseAListThatIsNotRankZeros) {
  if (test_session().scheduler()) {
    Scheduler side;
    StartLeader<StartSteps<Scheduler, Worker, First, Silent>> start(test_session(), side);
    start.take_all();
  } else {
    Worker side;
    EXPECT_THROW(follow_start<ThreeSteps>(test_session(), side), InternalError);
    EXPECT_THAT(side.done, ElementsAre("first"));
  }
}

// Nobody knows then which collective call the others are in.
struct Breaks {
  static constexpr std::string_view name = "breaks";
  static void run(Scheduler&) { throw std::runtime_error("in the middle"); }
  static void run(Worker&) {}
};

TEST(StartSteps, DismissNobodyAfterAFailureInTheMiddleOfAStep) {
  using List = StartSteps<Scheduler, Worker, Breaks, Silent>;
  if (test_session().scheduler()) {
    Scheduler side;
    const auto start = [&] { StartLeader<List>(test_session(), side).take_all(); };
    EXPECT_THROW(start(), std::runtime_error);
    std::string next = "no step";  // the first that workers hear: no dismissal was announced before it
    broadcast_bytes(test_session(), next);
  } else {
    Worker side;
    EXPECT_THROW(follow_start<List>(test_session(), side), InternalError);
  }
}

}  // namespace
}  // namespace lorasweep
