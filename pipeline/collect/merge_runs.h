// SPDX-License-Identifier: Apache-2.0
// Several journals as one cube of tasks and seeds; contradictions are refused.
#pragma once

#include "data/journal/subject.h"
#include "pipeline/manifest/run_records.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {

/// What is known of one search, or of one baseline of a task (then without evaluations).
struct MergedUnit {
  bool wanted = false;                 ///< every cell of the cube is; a baseline if some run asked for it
  std::vector<std::int32_t> adapters;  ///< of a search: indices into MergedRuns::adapters, in drawn order
  std::map<std::uint32_t, const EvaluationRecord*> evaluations;  ///< by step
  std::map<std::uint32_t, const PredictionRecord*> predictions;  ///< by example
  std::string failure;                                           ///< empty: none
};

/// Records point into the runs, which must outlive it.
struct MergedRuns {
  std::vector<Manifest::Task> tasks;  ///< sorted by name
  std::vector<std::uint32_t> seeds;   ///< in order of appearance
  std::vector<Manifest::Adapter> adapters;
  std::vector<std::vector<MergedUnit>> searches;         ///< [task][seed]
  std::vector<std::map<Subject, MergedUnit>> baselines;  ///< [task]; every one of baseline_subjects is there
};

/// InputError naming both runs where they contradict each other. Runs are what read_run() gives: all their
/// indices are valid.
MergedRuns merge_runs(const std::vector<RunRecords>& runs);

}  // namespace lorasweep
