// SPDX-License-Identifier: Apache-2.0
// What a worker must know before its first order: small, made on rank 0, broadcast once. The images follow through shared memory.
#pragma once

#include "pipeline/run/sweep.h"
#include "workers/engine/t5_engine.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

struct WorkerSetup {
  T5Config base;
  Element activation = Element::f32;
  Composition composition = Composition::lorahub;
  int threads = 1;
  std::vector<AdapterShape> adapters;
  Catalogue catalogue;
  std::string device;  ///< device_signature() of rank 0
};

WorkerSetup worker_setup(const Sweep& sweep);

std::string encode(const WorkerSetup& setup);
WorkerSetup decode_worker_setup(const std::string& bytes);

/// Bytes of the two images, for any process that has the setup.
struct ImageSizes {
  std::size_t model = 0, library = 0;
};
ImageSizes image_sizes(const WorkerSetup& setup);

/// Fills the images from the files (rank 0 only). InputError if a file is damaged.
void write_images(const WorkerSetup& setup, const SweepInputs& inputs, std::byte* model, std::byte* library);

/// An engine over images that are filled.
std::unique_ptr<Engine> make_engine(const WorkerSetup& setup, std::shared_ptr<const std::byte> model, std::shared_ptr<const std::byte> library,
                                    std::shared_ptr<const Catalogue> catalogue);

/// How much of a sweep's work one worker takes at a time.
WorkerCapacity worker_capacity();

}  // namespace lorasweep
