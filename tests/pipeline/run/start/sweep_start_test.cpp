// SPDX-License-Identifier: Apache-2.0
// The steps of a sweep's start over real ranks: everybody comes out of it with what the sweep needs, or with what it
// lacks.
#include "data/core/error.h"
#include "pipeline/run/session.h"
#include "pipeline/run/start/steps.h"
#include "tests/pipeline/run/altered_run.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

namespace lorasweep {
namespace {

constexpr int unlucky = 2;  // a worker

class SweepStartTest : public SmallSweep {
 protected:
  void SetUp() override {
    if (test_session().scheduler()) SmallSweep::SetUp();
  }
  void TearDown() override {
    if (test_session().scheduler()) SmallSweep::TearDown();
  }

  std::filesystem::path base() const { return folder / "base"; }
  template <typename List>
  Sweep sweep_of(StartLeader<List>& start, SchedulerSide& side) {
    std::filesystem::copy(std::filesystem::path(LORASWEEP_DEMO_DIR) / "base", base());
    return Sweep(options("run", {"model.path=" + base().string()}),
                 [&](DeviceRequest request, Element activation, Composition composition) {
                   start.template take_through<OfferDevices>();
                   ChosenDevice chosen = choose_device(request, side.offers, side.packer);
                   side.question = {chosen.kind, activation, composition};
                   start.template take_through<CompareCheckValues>();
                   chosen.check = agreed_value(side.check_values);
                   return chosen;
                 });
  }
};

TEST_F(SweepStartTest, GivesEveryWorkerAnEngine) {
  if (test_session().scheduler()) {
    SchedulerSide side{test_session()};
    StartLeader<SweepStart> start(test_session(), side);
    Sweep sweep = sweep_of(start, side);
    EXPECT_EQ(side.offers.size(), static_cast<std::size_t>(test_session().size() - 1));
    side.sweep = &sweep;
    start.take_all();
  } else {
    WorkerSide side{test_session()};
    ASSERT_TRUE(follow_start<SweepStart>(test_session(), side));
    EXPECT_TRUE(side.engine != nullptr);
    EXPECT_FALSE(side.failure);
  }
}

// In place of the first step: one worker has another program.
struct RunAnotherProgram {
  static constexpr std::string_view name = ComparePrograms::name;
  static void run(SchedulerSide& rank_0) { ComparePrograms::run(rank_0); }
  static void run(WorkerSide& worker) {
    if (worker.mpi.rank() != unlucky) return ComparePrograms::run(worker);
    gather_bytes(worker.mpi, as_text({.identity = "lorasweep of another build", .where = "rank 2 on n2"}));
  }
};

TEST_F(SweepStartTest, RefusesAWorkerOfAnotherProgramBeforeAnythingElse) {
  using List = StartSteps<SchedulerSide, WorkerSide, RunAnotherProgram, OfferDevices>;
  if (test_session().scheduler()) {
    SchedulerSide side{test_session()};
    const auto start_all = [&] { StartLeader<List>(test_session(), side).take_all(); };
    try {
      start_all();
      ADD_FAILURE() << "nobody noticed";
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("rank 2 on n2"), testing::HasSubstr("another build"),
                                               testing::HasSubstr(identity_of_this_program())));
    }
    EXPECT_TRUE(side.offers.empty());
  } else {
    WorkerSide side{test_session()};
    EXPECT_FALSE(follow_start<List>(test_session(), side));
  }
}

// A run that is continued, of which one recorded evaluation has another bit; `unlucky` is the worker that repeats it.
TEST_F(SweepStartTest, RefusesARunWhoseRecordedEvaluationAWorkerGetsOtherwise) {
  if (test_session().scheduler()) {
    MpiSession& mpi = test_session();
    const std::filesystem::path journal = journal_path(directory("run"));
    {
      Sweep whole(options("whole"), choose_checked_device_of_this_process);
      ASSERT_EQ(run_in_this_process(whole, [] { return false; }).reason, LoopEnd::finished);
    }
    const std::vector<Record> half = first_half(directory("whole"));
    write_run(directory("run"), with_another_bit(half, evaluations_of(half).front(), 0));
    const std::string before = read_file(journal, 64u << 20);
    SchedulerSide side{mpi};
    const auto start_all = [&] {
      StartLeader<SweepStart> start(mpi, side);
      Sweep sweep = sweep_of(start, side);
      side.sweep = &sweep;
      start.take_all();
    };
    try {
      start_all();
      ADD_FAILURE() << "nobody noticed";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("rank 2 on "));
    }
    EXPECT_EQ(side.repeated.size(), static_cast<std::size_t>(mpi.size() - 1));
    EXPECT_EQ(read_file(journal, 64u << 20), before);
  } else {
    WorkerSide side{test_session()};
    EXPECT_FALSE(follow_start<SweepStart>(test_session(), side));
    EXPECT_TRUE(side.engine != nullptr) << "it came as far as the repetition";
  }
}

// A step between the setup and the devices: the device of one worker is not what it offered.
struct LoseADevice {
  static constexpr std::string_view name = "a device is lost";
  static void run(SchedulerSide&) {}
  static void run(WorkerSide& worker) {
    if (worker.mpi.rank() == unlucky)
      worker.setup.device.kind = DeviceKind::cuda;  // this build has none, or the test has no other way to lose one
  }
};

TEST_F(SweepStartTest, TakesAWorkerWithoutADeviceAlongToTheEndWhereItCanSayWhy) {
  if (device_count(DeviceKind::cuda) > 0) GTEST_SKIP() << "every worker here has a CUDA device";
  using List = StartSteps<SchedulerSide, WorkerSide, OfferDevices, CompareCheckValues, SendSetup, LoseADevice,
                          OpenDevices, DeliverImages, MakeEngines, RepeatEvaluations, MakeReady>;
  if (test_session().scheduler()) {
    SchedulerSide side{test_session()};
    StartLeader<List> start(test_session(), side);
    Sweep sweep = sweep_of(start, side);
    side.sweep = &sweep;
    start.take_all();
  } else {
    WorkerSide side{test_session()};
    ASSERT_TRUE(follow_start<List>(test_session(), side));
    const bool lost = test_session().rank() == unlucky;
    EXPECT_EQ(side.engine == nullptr, lost);
    EXPECT_EQ(static_cast<bool>(side.failure), lost);
    EXPECT_TRUE(side.receiver != nullptr);
  }
}

TEST_F(SweepStartTest, DismissesTheWorkersWhereTheWeightsCannotBeRead) {
  if (test_session().scheduler()) {
    SchedulerSide side{test_session()};
    const auto start_all = [&] {
      StartLeader<SweepStart> start(test_session(), side);
      Sweep sweep = sweep_of(start, side);
      side.sweep = &sweep;
      std::filesystem::resize_file(base() / "model.safetensors", 1 << 20);  // after it was opened
      start.take_all();
    };
    EXPECT_THROW(start_all(), InputError);
  } else {
    WorkerSide side{test_session()};
    EXPECT_FALSE(follow_start<SweepStart>(test_session(), side));
    EXPECT_TRUE(side.receiver != nullptr) << "it came as far as the images";
    EXPECT_TRUE(side.engine == nullptr);
  }
}

}  // namespace
}  // namespace lorasweep
