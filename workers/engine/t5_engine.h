// SPDX-License-Identifier: Apache-2.0
// The engine that evaluates and predicts with T5 and composed adapters, on whatever device its ops are for.
#pragma once

#include "workers/engine/engine.h"
#include "workers/engine/fitting_batch.h"
#include "workers/engine/greedy_decoder.h"
#include "workers/lora/adapter_library.h"
#include "workers/lora/composer.h"
#include "workers/t5/network.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace lorasweep {

enum class ImagePlace {
  host,    ///< in host memory; the device shares or copies them (Ops::adopt)
  device,  ///< in the memory of the engine's own device
};

/// What engines of one node share.
struct EngineInputs {
  T5Config config;
  std::shared_ptr<const std::byte> model_image;    ///< model_image.h
  std::shared_ptr<const std::byte> library_image;  ///< adapter_library.h
  ImagePlace images = ImagePlace::host;
  std::vector<AdapterShape> adapters;  ///< of the library
  std::shared_ptr<const Catalogue> catalogue;
  Composition composition = Composition::lorahub;
};

/// Bytes of a library image.
std::size_t library_image_bytes(const T5Config& config, const std::vector<AdapterShape>& adapters);

/// Where the device's memory is too small for a batch, the batch is split and computed in parts: the same results, for
/// they do not depend on the batch. A single member or example that does not fit is OutOfDeviceMemory.
class T5Engine final : public Engine {
 public:
  /// Throws std::out_of_range if the catalogue has a token that the model does not know.
  T5Engine(std::unique_ptr<Ops> ops, EngineInputs inputs, WorkerCapacity capacity);
  T5Engine(const T5Engine&) = delete;  // its parts refer to each other
  T5Engine& operator=(const T5Engine&) = delete;

  WorkerCapacity capacity() const override { return capacity_; }
  std::unique_ptr<Pending> start(const Work& work) override;
  std::optional<OpsCounters> counters() const override { return ops_->counters(); }

  /// The composed factors of one member (export, tests). Valid until the next call of this engine.
  const ComposedFactors& compose(std::int32_t adapter_set, std::span<const double> weights);
  Ops& ops() { return *ops_; }

 private:
  enum class Slot { source_ids, decoder_ids, labels, states, nll };
  View matrix(Slot slot, Element element, std::int64_t rows, std::int64_t cols) {
    return workspace_.matrix(static_cast<int>(slot), element, rows, cols);
  }
  View upload_ids(Slot slot, std::span<const std::int32_t> ids);
  std::unique_ptr<Pending> evaluate_together(std::span<const Member> members);
  /// What decides the operations of an evaluation, besides the members' weights.
  std::string recording_key(std::span<const Member> members) const;
  /// Waits, and gives back what is kept between calls.
  void release_memory();
  std::unique_ptr<Pending> evaluate(const EvaluateWork& work);
  std::unique_ptr<Pending> predict(const PredictWork& work);

  std::unique_ptr<Ops> ops_;
  EngineInputs inputs_;
  WorkerCapacity capacity_;
  std::shared_ptr<const std::byte> model_, library_image_;  // the device's own
  AdapterLibrary library_;
  T5Network network_;
  Composer composer_;
  GreedyDecoder decoder_;
  Workspace workspace_;
  FittingBatch fitting_evaluations_, fitting_predictions_;
};

}  // namespace lorasweep
