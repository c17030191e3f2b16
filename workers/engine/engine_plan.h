// SPDX-License-Identifier: Apache-2.0
// What all engines of a process share and what is worked out only once: the plan of the model, how its image, the
// adapter library are laid out, and how large batches may become.
#pragma once

#include "data/model/model_plan.h"
#include "workers/engine/stop_texts.h"
#include "workers/language_model.h"
#include "workers/lora/adapter_library.h"
#include "workers/network/model_image.h"
#include "workers/work/answer_ends.h"
#include "workers/work/channel.h"
#include "workers/work/work.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace lorasweep {

/// What an engine is made for.
struct EngineSettings {
  ModelConfig model;
  Element activation = Element::f32;
  std::vector<AdapterShape> adapters;  ///< of the library
  Composition composition = Composition::lorahub;
  ScopePlaces places = {};         ///< that members' weights may tell apart
  std::int32_t most_adapters = 0;  ///< of a member: decides how many fit, refuses nothing
  std::shared_ptr<const Catalogue> catalogue;
  std::int32_t max_new_tokens = 256;
  AnswerEnds ends;
};

class EnginePlan {
 public:
  /// `packing` is that of the device, which need not be here.
  EnginePlan(EngineSettings settings, const Packing& packing);
  EnginePlan(const EnginePlan&) = delete;  // its parts refer to each other
  EnginePlan& operator=(const EnginePlan&) = delete;

  const ModelPlan& model() const { return model_; }
  const Catalogue& catalogue() const { return *catalogue_; }
  const ModelImage& model_image() const { return model_image_; }
  const AdapterLibrary& library() const { return library_; }  ///< its layout, and that of its image
  Composition composition() const { return batches_.composition; }
  const BatchShape& batches() const { return batches_; }
  const std::vector<std::int32_t>& stop_tokens() const { return stop_tokens_; }  ///< the model's, and others
  const StopTexts& stop_texts() const { return stop_texts_; }

  /// The largest units for a device with so much free memory (fitting_capacity).
  WorkerCapacity capacity(const ScratchSizes& ops, std::optional<std::size_t> free_memory) const;

 private:
  ModelPlan model_;
  std::shared_ptr<const Catalogue> catalogue_;
  ModelImage model_image_;
  AdapterLibrary library_;
  BatchShape batches_;
  std::vector<std::int32_t> stop_tokens_;
  StopTexts stop_texts_;
};

}  // namespace lorasweep
