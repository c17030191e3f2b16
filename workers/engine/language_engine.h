// SPDX-License-Identifier: Apache-2.0
// The engine that evaluates and predicts with a base model and composed adapters, on whatever device its ops are for.
#pragma once

#include "workers/engine/engine.h"
#include "workers/engine/engine_plan.h"
#include "workers/engine/fitting_batch.h"
#include "workers/engine/greedy_decoder.h"
#include "workers/language_model.h"
#include "workers/lora/composer.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace lorasweep {

enum class ImagePlace {
  host,    ///< in host memory; the device shares or copies them (Ops::adopt)
  device,  ///< in the memory of the engine's own device
};

/// The filled images of an EnginePlan's model and library.
struct EngineImages {
  std::shared_ptr<const std::byte> model, library;
  ImagePlace place = ImagePlace::host;
};

/// Where the device's memory is too small for a batch, the batch is split and computed in parts. The results are the
/// same, because they do not depend on the batch. A single member or example that does not fit is OutOfDeviceMemory.
class LanguageEngine final : public Engine {
 public:
  /// Throws std::out_of_range if the catalogue has a token that the model does not know.
  LanguageEngine(std::unique_ptr<Ops> ops, std::shared_ptr<const EnginePlan> plan, EngineImages images,
                 WorkerCapacity capacity);
  LanguageEngine(const LanguageEngine&) = delete;  // its parts refer to each other
  LanguageEngine& operator=(const LanguageEngine&) = delete;

  WorkerCapacity capacity() const override { return capacity_; }
  std::unique_ptr<Pending> start(const Work& work) override;
  std::optional<OpsCounters> counters() const override { return ops_->counters(); }

  /// The composed factors of one member (export, tests). Valid until the next call of this engine.
  const ComposedFactors& compose(std::span<const std::int32_t> adapters, std::span<const double> weights);
  Ops& ops() { return *ops_; }

 private:
  std::unique_ptr<Pending> evaluate_together(std::span<const Member> members);
  /// What decides the operations of an evaluation, besides the members' weights.
  std::string recording_key(std::span<const Member> members) const;
  /// Waits, and gives back what is kept between calls.
  void release_memory();
  std::unique_ptr<Pending> evaluate(const EvaluateWork& work);
  std::unique_ptr<Pending> predict(const PredictWork& work);

  std::unique_ptr<Ops> ops_;
  std::shared_ptr<const EnginePlan> plan_;
  WorkerCapacity capacity_;
  std::shared_ptr<const std::byte> model_image_, library_image_;  // the device's own
  std::unique_ptr<LanguageModel> model_;
  Composer composer_;
  GreedyDecoder decoder_;
  FittingBatch fitting_evaluations_, fitting_predictions_;
};

}  // namespace lorasweep
