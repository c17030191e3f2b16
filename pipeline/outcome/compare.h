// SPDX-License-Identifier: Apache-2.0
// Two results files of the same tasks, answer by answer.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/outcome/outcome.h"
#include "pipeline/outcome/outcome_table.h"

#include <string>
#include <vector>

namespace lorasweep {

/// A results file and how it is called.
struct NamedResults {
  std::string name;
  SweepResults results;
};

/// What of each file is compared.
struct ComparedWay {
  Subject way = Subject::search;
  bool by_shots = false;  ///< of searches: the seed with the lowest objective alone, not the mean over seeds
};

/// One file against the first, on a task or over tasks.
struct PairedResult {
  Estimate first, other;
  Estimate difference;    ///< other minus first; its replicates are 0 where they are not the same
  double p = 1;           ///< two-sided: sign-flip over examples of a task, signed-rank over tasks
  double p_adjusted = 1;  ///< by Holm among all tests of tasks of the comparison
};

struct ComparedTask {
  std::string task;
  PairedResult result;
};

struct ComparedFile {
  std::string name;
  std::vector<ComparedTask> tasks;
  std::optional<PairedResult> mean;    ///< over these tasks
  std::vector<std::string> left_out;   ///< tasks that are not whole in both files, each with the reason
  std::vector<std::string> differing;  ///< settings in which the files differ: "search.budget: 40, 160"
};

struct Comparison {
  std::string first;
  std::vector<ComparedFile> others;
};

/// Tasks are matched by name; their test sets must be the same, example by example. InputError naming both files, task
/// and example where a target differs; and where two files have no task in common. At least two files.
Comparison compare(const std::vector<NamedResults>& files, ComparedWay what, Scoring scoring);

/// As outcome_table().
std::string comparison_table(const Comparison& comparison, TableFormat format);

}  // namespace lorasweep
