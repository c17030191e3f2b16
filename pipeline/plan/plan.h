// SPDX-License-Identifier: Apache-2.0
// What a sweep will do, before anything runs: its searches, and what they refer to.
#pragma once

#include "data/tasks/cut_examples.h"
#include "data/tasks/task.h"
#include "data/tokenizer/tokenizer.h"
#include "pipeline/config/config.h"
#include "workers/work/work.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

/// Indices are into Catalogue::examples unless said otherwise.
struct PlannedTask {
  std::string name;
  std::int32_t example_set = 0;        ///< its shots, index into Catalogue::example_sets
  std::vector<std::int32_t> test;      ///< in the order of Task::test
  std::vector<std::int32_t> few_shot;  ///< the same with shots in front; empty if that baseline is not wanted
  std::vector<std::string> targets;    ///< texts of the test set
  CutExamples cut;
  std::size_t longest = 0;                 ///< ids of its longest input, if none were cut off
  std::vector<std::int32_t> out_of_reach;  ///< test examples whose answer has more ids than predict.max_new_tokens
};

struct PlannedSearch {
  std::int32_t task = 0;       ///< index into Plan::tasks
  std::int32_t replicate = 0;  ///< index into search.seeds
  std::uint32_t seed = 0;
  std::int32_t adapter_set = 0;  ///< index into Catalogue::adapter_sets
};

/// The base model's answers to the test set of a task.
struct PlannedBaseline {
  Subject kind = Subject::zero_shot;  ///< one of baseline_subjects
  std::int32_t task = 0;
};

struct Plan {
  Catalogue catalogue;
  std::vector<PlannedTask> tasks;          ///< as the suite has them
  std::vector<PlannedSearch> searches;     ///< task-major: index = task * replicates + replicate
  std::vector<PlannedBaseline> baselines;  ///< all zero-shot ones, then all few-shot ones
};

/// What the base model is asked, indices into Catalogue::examples.
const std::vector<std::int32_t>& examples_of(const Plan& plan, const PlannedBaseline& baseline);

/// A pure function of its arguments. Seeds that draw the same adapters in the same order share an adapter set.
Plan make_plan(const RunConfig& config, const TaskSuite& suite, const std::vector<std::string>& library_names,
               const Tokenizer& tokenizer);

}  // namespace lorasweep
