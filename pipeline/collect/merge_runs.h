// SPDX-License-Identifier: Apache-2.0
// Several journals as one cube of tasks and replicates; contradictions are refused.
#pragma once

#include "data/journal/subject.h"
#include "pipeline/manifest/run_records.h"
#include "pipeline/search/guard.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// What is known of one search, or of one baseline of a task (then without evaluations).
struct MergedUnit {
  bool wanted = false;  ///< every cell of the cube is; a baseline if some run asked for it
  /// of a search: indices into MergedRuns::adapters, in the order of its weights, none while a screen has not chosen
  /// them; of Subject::best_single: that one, if it is known
  std::vector<std::int32_t> adapters;
  std::map<std::uint32_t, const EvaluationRecord*> evaluations;  ///< by step
  std::map<std::uint32_t, const PredictionRecord*> predictions;  ///< by example
  std::string failure;                                           ///< empty: none
  std::optional<Guarded> guard;                                  ///< of a search that is finished and guarded
  const TrialRecord* uniform = nullptr;                          ///< of a search: its adapters at equal weights
  std::map<std::uint32_t, const TrialRecord*> ablations;         ///< of a search: by place in `adapters`
};

/// Adapters tried alone on a set of shots, by index into MergedRuns::adapters.
using Screen = std::map<std::int32_t, const TrialRecord*>;

/// Records point into the runs, which must outlive it.
struct MergedRuns {
  std::vector<Manifest::Task> tasks;  ///< sorted by name
  std::vector<Replicate> replicates;  ///< in order of appearance; `draw` says nothing here
  std::vector<Manifest::Adapter> adapters;
  std::vector<std::vector<MergedUnit>> searches;         ///< [task][replicate]
  std::vector<std::map<Subject, MergedUnit>> baselines;  ///< [task]; every one of baseline_subjects is there
  /// [task][replicate]; every one of control_subjects is there, without evaluations and trials but for random_adapters
  std::vector<std::vector<std::map<Subject, MergedUnit>>> controls;
  std::vector<std::map<std::uint32_t, Screen>> screens;  ///< [task], by shot seed; empty where nothing was tried alone
  std::size_t missing_trials =
      0;  ///< that a run asked for; those of what a search found, only where it found something
};

/// InputError naming both runs where they contradict each other. Runs are what read_run() gives: all their
/// indices are valid.
MergedRuns merge_runs(const std::vector<RunRecords>& runs);

}  // namespace lorasweep
