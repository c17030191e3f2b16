// SPDX-License-Identifier: Apache-2.0
// What a sweep will do, before anything runs: its searches, and what they refer to.
#pragma once

#include "data/journal/trial.h"
#include "data/tasks/task.h"
#include "data/tokenizer/tokenizer.h"
#include "pipeline/config/config.h"
#include "pipeline/plan/planned_task.h"
#include "pipeline/weights/given_weights.h"
#include "workers/work/work.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

struct PlannedSearch {
  std::int32_t task = 0;       ///< index into Plan::tasks
  std::int32_t replicate = 0;  ///< index into replicates_of the configuration (replicates.h)
  std::uint32_t seed = 0;
  std::int32_t adapter_set = 0;       ///< index into Plan::adapter_sets; -1: the screen of its shots will say
  std::int32_t example_set = 0;       ///< its shots, index into Catalogue::example_sets
  std::vector<double> given = {};     ///< of the given method: the weights that it evaluates, as many as numbers_of()
  Subject answers = Subject::search;  ///< or random_adapters: the same over random twins of its adapters
};

/// The base model's answers to the test set of a task.
struct PlannedBaseline {
  Subject kind = Subject::zero_shot;  ///< one of baseline_subjects
  std::int32_t task = 0;
};

/// A composition whose loss is wanted although no search asks for it; fields as in TrialRecord.
struct PlannedTrial {
  Trial kind = Trial::screen;
  std::uint32_t index = 0, position = 0;
  auto operator<=>(const PlannedTrial&) const = default;
};

/// Answers of a control to the test set of a search's task.
struct PlannedControl {
  Subject kind = Subject::uniform;  ///< one of control_subjects
  std::int32_t search = 0;
};

/// What trials and controls of a plan follow from, beside its searches.
struct ComparisonsWanted {
  bool uniform = false, best_single = false, ablations = false;
  std::size_t library = 0;            ///< adapters
  std::size_t chosen = 0;             ///< adapters of a search that the screen of its shots chooses
  std::vector<std::int32_t> screens;  ///< sets of shots that the whole library is tried on, ascending
};

struct Plan {
  Catalogue catalogue;  ///< its example sets are task-major: index = task * draws of shots + draw
  std::vector<std::vector<std::int32_t>> adapter_sets;  ///< indices into the adapter library, in drawn order
  std::vector<PlannedTask> tasks;                       ///< as the suite has them
  std::vector<PlannedSearch> searches;                  ///< task-major, and then their controls likewise
  std::vector<PlannedBaseline> baselines;               ///< all zero-shot ones, then all few-shot ones
  std::size_t places = 1;                               ///< numbers of an adapter
  std::size_t replicates = 0;                           ///< searches of a task, before a part is taken
  bool screen_only = false;                             ///< as in PlanOptions
  ComparisonsWanted wanted = {};
  std::vector<PlannedControl> controls;  ///< kind after kind
  std::vector<PlannedTrial> trials;      ///< screens by set of shots and library place, uniform ones, ablations
  /// Adapters whose random twins the resident library has, ascending: its row library + k is the twin of twins[k].
  std::vector<std::int32_t> twins = {};
  std::vector<std::string> plain_markers = {};  ///< of tasks.template: what is no special token of the tokenizer
};

/// The row of an adapter's twin in the resident library. InternalError if it has none.
std::int32_t twin_row(const Plan& plan, std::int32_t adapter);

/// What decides a plan beside configuration, tasks and library.
struct PlanOptions {
  const GivenWeights* given = nullptr;  ///< for the given method
  /// As many as a run that is continued has; nothing: those that differ.
  std::optional<std::size_t> replicates = std::nullopt;
  bool screen_only = false;                       ///< every adapter alone on all shots, and nothing else
  std::optional<PromptRoom> room = std::nullopt;  ///< nothing: the model does not continue its prompts
  std::size_t places = 1;                         ///< numbers of an adapter (ScopePlaces::count)
};

/// What the base model is asked, indices into Catalogue::examples.
const std::vector<std::int32_t>& examples_of(const Plan& plan, const PlannedBaseline& baseline);

/// Adapters of a search: how many, which is known even where the screen of its shots will say which.
std::size_t adapters_of(const Plan& plan, const PlannedSearch& search);
/// The dimension of a search: adapters x places. Of each adapter, in their order, one number a place.
std::size_t numbers_of(const Plan& plan, const PlannedSearch& search);

/// Index into Catalogue::example_sets.
std::int32_t set_of_shots(const Plan& plan, const PlannedTrial& trial);

/// Fills in controls and trials from `plan.wanted` and the searches.
void add_comparisons(Plan& plan);

/// Adapters of the largest composition that is evaluated or answers.
std::int32_t most_adapters(const Plan& plan);

/// A pure function of its arguments; errors as of add_task (encode_task.h). Seeds that draw the same adapters in the
/// same order share an adapter set. Searches that a seed cannot change are planned once.
Plan make_plan(const RunConfig& config, const TaskSuite& suite, const std::vector<std::string>& library_names,
               const Tokenizer& tokenizer, const PlanOptions& options = {});

}  // namespace lorasweep
