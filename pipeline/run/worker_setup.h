// SPDX-License-Identifier: Apache-2.0
// What a worker must know before its first order: small, made on rank 0, broadcast once (start/setup_codec.h). The
// images follow (start/image_delivery.h).
#pragma once

#include "pipeline/run/device_choice.h"
#include "pipeline/run/sweep.h"
#include "workers/engine/language_engine.h"
#include "workers/work/answer_ends.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

struct WorkerSetup {
  ModelConfig base;
  Element activation = Element::f32;
  Composition composition = Composition::lorahub;
  int threads = 1;
  std::vector<AdapterShape> adapters;
  std::int32_t most_adapters = 0;  ///< of a member
  ScopePlaces places;              ///< that weights may tell apart
  Catalogue catalogue;
  std::int32_t max_new_tokens = 0;
  AnswerEnds ends;
  ChosenDevice device;
  std::string broadcast;  ///< the ticket of a broadcast between devices; empty: images come through host memory
};

WorkerSetup worker_setup(const Sweep& sweep);

/// What follows from the setup, for all engines of this process. It has copies of what it needs of the setup.
std::shared_ptr<const EnginePlan> engine_plan(const WorkerSetup& setup);

/// Bytes of the two images.
struct ImageSizes {
  std::size_t model = 0, library = 0;
};
ImageSizes image_sizes(const EnginePlan& plan);

/// Fills the images (rank 0 only) and uses up the sweep's inputs that they are made of: each adapter is unloaded once
/// its values are in the library, and the base model's files are read and closed. InputError if one of these is
/// damaged, or was changed after the manifest had its digest.
void write_images(const WorkerSetup& setup, const EnginePlan& plan, Sweep& sweep, std::byte* model, std::byte* library);

/// The ops of the chosen device; `worker` as in device_offer().
std::unique_ptr<Ops> make_worker_ops(const WorkerSetup& setup, int worker);

/// An engine over images; its capacity is what its share of the device's memory allows. It may be used by another
/// thread than the one that made it.
std::unique_ptr<Engine> make_engine(const WorkerSetup& setup, std::shared_ptr<const EnginePlan> plan,
                                    std::unique_ptr<Ops> ops, EngineImages images);

}  // namespace lorasweep
