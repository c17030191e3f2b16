// SPDX-License-Identifier: Apache-2.0
// Adapters of finished searches, evaluated once more on the shots that the searches saw: what a changed adapter costs.
#pragma once

#include "data/model/checkpoint.h"
#include "data/results/sweep_results.h"
#include "data/tokenizer/tokenizer.h"
#include "pipeline/search/objective.h"
#include "workers/engine/engine.h"
#include "workers/work/work.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

/// Computes on the CPU in f32, with the base model and the tokenizer at their recorded place and the shots' texts of
/// the file.
class ShotsAgain {
 public:
  /// InputError naming what is not there: a file without recorded settings or texts, a base model that is gone.
  /// `results` must outlive it.
  explicit ShotsAgain(const SweepResults& results);

  /// Losses of PEFT directories at weight 1 on the shots of a search, reduced as the search reduced them.
  std::vector<double> losses(std::int32_t task, std::int32_t replicate,
                             const std::vector<std::filesystem::path>& adapters) const;

 private:
  std::vector<Example> shots(std::int32_t task, std::int32_t replicate) const;

  const SweepResults& results_;
  Reduction reduction_ = Reduction::lorahub;
  std::unique_ptr<Checkpoint> base_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::shared_ptr<const std::byte> model_image_;
};

}  // namespace lorasweep
