// SPDX-License-Identifier: Apache-2.0
// The start of a sweep over MPI, step by step. To add a step: a struct with a half for either side, and its place in
// SweepStart at the end of this file; a step with one half does not compile.
#pragma once

#include "pipeline/run/check_values.h"
#include "pipeline/run/program_identity.h"
#include "pipeline/run/repetition.h"
#include "pipeline/run/start/image_delivery.h"
#include "pipeline/run/sweep.h"
#include "pipeline/run/worker_setup.h"
#include "scheduler/mpi/start_steps.h"

#include <exception>
#include <memory>
#include <string_view>
#include <vector>

namespace lorasweep {

/// What rank 0 has by the end of the start.
struct SchedulerSide {
  MpiSession& mpi;
  std::vector<RankProgram> programs = {};      ///< by rank, its own first
  DeviceOffer packer = {};                     ///< its own
  std::vector<DeviceOffer> offers = {};        ///< of the workers
  CheckQuestion question = {};                 ///< set before the check values are asked for
  std::vector<CheckValues> check_values = {};  ///< by rank, its own first
  Sweep* sweep = nullptr;                      ///< set after the check values: what the sweep computes on is part of it
  WorkerSetup setup = {};
  std::shared_ptr<const EnginePlan> plan = {};  ///< of the setup
  std::unique_ptr<ImageSender> images = {};
  std::vector<Repeated> repeated = {};  ///< by worker; none where there was nothing to repeat
};

/// What a worker has by the end of the start.
struct WorkerSide {
  MpiSession& mpi;
  int worker = 0;  ///< of this node's
  WorkerSetup setup = {};
  std::shared_ptr<const EnginePlan> plan = {};  ///< of the setup
  /// why there is no engine; told to rank 0 once it listens, so that the sweep goes on with the others
  std::exception_ptr failure = {};
  std::unique_ptr<Ops> ops = {};
  std::unique_ptr<ImageReceiver> receiver = {};
  EngineImages images = {};
  std::unique_ptr<Engine> engine = {};
};

/// Every rank says which program it runs. Stays the first step, and its texts as they are: it is what tells programs of
/// different versions from each other.
struct ComparePrograms {
  static constexpr std::string_view name = "programs";
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// Every rank says what it could compute with.
struct OfferDevices {
  static constexpr std::string_view name = "device offers";
  static void prepare(SchedulerSide& rank_0);  ///< ConfigError if a rank runs another program
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// All ranks do the same small piece of work with what was chosen.
struct CompareCheckValues {
  static constexpr std::string_view name = "check values";
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// Rank 0 says what all workers compute with, and what they need to know.
struct SendSetup {
  static constexpr std::string_view name = "setup";
  static void prepare(SchedulerSide& rank_0);
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// Workers open their devices; where all of them can, images go from device to device, else through shared memory.
struct OpenDevices {
  static constexpr std::string_view name = "devices";
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// Rank 0 reads the files; the images go to every worker.
struct DeliverImages {
  static constexpr std::string_view name = "images";
  static void prepare(SchedulerSide& rank_0);  ///< InputError for weights that cannot be read
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// Workers make their engines.
struct MakeEngines {
  static constexpr std::string_view name = "engines";
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// Workers repeat evaluations of the run that is continued, each of them one.
struct RepeatEvaluations {
  static constexpr std::string_view name = "repetition";
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

/// From here on each worker talks to rank 0's transport.
struct MakeReady {
  static constexpr std::string_view name = "ready";
  static void prepare(SchedulerSide& rank_0);  ///< InputError if a worker gets other bits than those recorded
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

using SweepStart = StartSteps<SchedulerSide, WorkerSide, ComparePrograms, OfferDevices, CompareCheckValues, SendSetup,
                              OpenDevices, DeliverImages, MakeEngines, RepeatEvaluations, MakeReady>;

}  // namespace lorasweep
