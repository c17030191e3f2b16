// SPDX-License-Identifier: Apache-2.0
// Tokenises the examples of a task, and holds them to the model's room.
#pragma once

#include "data/tasks/prompt.h"
#include "data/tasks/task.h"
#include "data/tokenizer/tokenizer.h"
#include "pipeline/config/config.h"
#include "pipeline/plan/planned_task.h"
#include "workers/work/work.h"

#include <optional>

namespace lorasweep {

/// What examples are encoded with.
struct Encoding {
  const Tokenizer& tokenizer;
  CompletionTemplate completion;
  std::optional<PromptRoom> room;
  const PredictConfig& predict;
  bool answers = true;  ///< whether anybody asks for answers
};

/// Adds the task's examples and sets of shots to the catalogue. InputError naming the example for one that the model
/// has no room for, or that cannot be encoded; ConfigError at predict.max_new_tokens where the room ends before an
/// answer would.
PlannedTask add_task(Catalogue& catalogue, const Task& task, const Encoding& encoding);

}  // namespace lorasweep
