// SPDX-License-Identifier: Apache-2.0
// The network of a model's family.
#pragma once

#include "workers/language_model.h"
#include "workers/network/model_image.h"

#include <memory>

namespace lorasweep {

/// The network of `plan` over the weights in `bound`. `ops` and the image must outlive it. `rows_at_once`: rows of
/// prompts that go through it together for answers.
std::unique_ptr<LanguageModel> make_language_model(Ops& ops, const ModelPlan& plan, const BoundModel& bound,
                                                   Index rows_at_once);

std::unique_ptr<ModelMemory> model_memory(const ModelConfig& config);

}  // namespace lorasweep
