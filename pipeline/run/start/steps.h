// SPDX-License-Identifier: Apache-2.0
// The start of a sweep over MPI, step by step. To add a step: a struct with a half for either side, and its place in
// SweepStart at the end of this file; a step with one half does not compile.
#pragma once

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
  std::vector<DeviceOffer> offers = {};
  Sweep* sweep = nullptr;  ///< set after the first step: what the sweep computes on is part of it
  WorkerSetup setup = {};
  std::shared_ptr<const EnginePlan> plan = {};  ///< of the setup
  std::unique_ptr<ImageSender> images = {};
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

/// Every worker says what it could compute with.
struct OfferDevices {
  static constexpr std::string_view name = "device offers";
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

/// Workers make their engines; each of them says hello to rank 0's transport when it has.
struct MakeReady {
  static constexpr std::string_view name = "ready";
  static void run(SchedulerSide& rank_0);
  static void run(WorkerSide& worker);
};

using SweepStart =
    StartSteps<SchedulerSide, WorkerSide, OfferDevices, SendSetup, OpenDevices, DeliverImages, MakeReady>;

}  // namespace lorasweep
