// SPDX-License-Identifier: Apache-2.0
// Which examples of a task a model does not get whole.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace lorasweep {

/// The examples of a task that lose tokens, because they are longer than the model's longest sequence: their places in
/// the task's lists, ascending.
struct CutExamples {
  std::vector<std::int32_t> shots;                    ///< their inputs
  std::vector<std::int32_t> shot_targets;             ///< their answers, of which the loss counts what is left
  std::vector<std::int32_t> test;                     ///< inputs of the test set
  std::optional<std::vector<std::int32_t>> few_shot;  ///< the same with shots in front; nothing: not asked for
  bool operator==(const CutExamples&) const = default;
};

}  // namespace lorasweep
