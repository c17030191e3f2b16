// SPDX-License-Identifier: Apache-2.0
// A task of a plan: its examples as places in the catalogue, and what became of them on the way.
#pragma once

#include "data/tasks/cut_examples.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

/// Indices are into Catalogue::examples unless said otherwise.
struct PlannedTask {
  std::string name;
  std::int32_t example_set = 0;        ///< its shots (of the first draw), index into Catalogue::example_sets
  std::vector<std::int32_t> test;      ///< in the order of Task::test
  std::vector<std::int32_t> few_shot;  ///< the same with shots in front; empty if that baseline is not wanted
  std::vector<std::string> targets;    ///< texts of the test set
  CutExamples cut;
  std::size_t longest = 0;                 ///< ids of its longest input, if none were cut off
  std::vector<std::int32_t> out_of_reach;  ///< test examples whose answer has more ids than predict.max_new_tokens
  std::size_t over_border = 0;  ///< shots and test examples where a token reaches from the prompt into the completion
};

/// The longest sequences of a model that continues its prompts.
struct PromptRoom {
  std::size_t example = 0;      ///< tokens of a prompt and its completion
  std::size_t with_answer = 0;  ///< of a prompt and an answer, whose last token is not looked at
};

}  // namespace lorasweep
