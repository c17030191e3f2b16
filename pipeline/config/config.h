// SPDX-License-Identifier: Apache-2.0
// What a user may configure, as plain structs with the defaults. Meaning, ranges and documentation: config_schema.cpp.
#pragma once

#include "data/journal/subject.h"
#include "data/model/scope.h"
#include "pipeline/search/guard.h"
#include "pipeline/search/objective.h"
#include "workers/lora/composition.h"
#include "workers/ops/element_name.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// What workers compute with.
enum class DeviceRequest {
  automatic,  ///< CUDA devices if every worker has one, else CPU cores
  cpu,
  cuda,
};
/// Which adapters a search gets.
enum class AdapterSelection {
  random,    ///< per seed: random.seed(seed); random.sample(library, count)
  all,       ///< the library, in its order
  named,     ///< AdaptersConfig::names, in their order
  screened,  ///< those `count` that have the lowest losses alone, on each task's shots
};

/// `search.method` of a search that evaluates one vector, which a file gives.
inline constexpr const char* given_method = "given";

/// What is done about an adapter of the library that cannot be used.
enum class OnUnusable {
  error,  ///< the sweep does not start
  skip,   ///< it is no part of the library; the manifest says so
};

struct BaseModelConfig {
  std::string path = "base";     ///< an absolute path, or org/name[@revision] of the Hugging Face cache
  std::string tokenizer;         ///< the same, of the tokenizer; empty: it lies beside the model
  Element dtype = Element::f32;  ///< f32 or bf16
  DeviceRequest device = DeviceRequest::automatic;
  bool operator==(const BaseModelConfig&) const = default;
};

struct AdaptersConfig {
  std::filesystem::path dir = "adapters";
  std::filesystem::path list;  ///< empty: every adapter below dir, sorted
  AdapterSelection select = AdapterSelection::random;
  int count = 20;                    ///< select = random or screened
  std::vector<std::string> names;    ///< select = named
  std::vector<std::string> exclude;  ///< globs over the library's names
  OnUnusable on_unusable = OnUnusable::error;
  bool operator==(const AdaptersConfig&) const = default;
};

inline constexpr const char* default_completion = "{target}";

struct TasksConfig {
  std::filesystem::path path = "tasks";
  std::vector<std::string> names = {"*"};  ///< globs
  int shots = 5;
  std::vector<std::uint32_t> shot_seed = {42};  ///< one for all searches, or one a replicate (replicates.h)
  std::optional<int> pool;
  std::string prompt;      ///< empty: as the model asks for (task_options.h)
  std::string completion;  ///< empty: as named_template has it, or default_completion
  std::string named_template = "none";
  int limit = 0;
  bool operator==(const TasksConfig&) const = default;
};

struct Bounds {
  double low = -1.5;
  double high = 1.5;
  bool operator==(const Bounds&) const = default;
};

struct SearchConfig {
  std::string method = "cobyla";  ///< one of optimizer_names(), or given_method
  std::filesystem::path weights;  ///< of the given method: a table or a results file (pipeline/weights)
  int budget = 40;                ///< 1 for the given method
  int population = 0;             ///< candidates per generation; 0: the method's own choice
  std::vector<std::uint32_t> seeds = {1, 2, 3, 4, 5};
  Bounds bounds;
  double l1 = 0.05;
  Scope scope;     ///< what a search has one number for
  int rounds = 1;  ///< adapters.count adapters each; what one found is kept while the next searches
  Composition composition = Composition::lorahub;
  Reduction loss = Reduction::lorahub;
  Guard guard = Guard::none;
  double guard_ratio = 0.5;
  bool operator==(const SearchConfig&) const = default;
};

struct PredictConfig {
  int max_new_tokens = 256;
  /// what is asked for comparison: the base model, and controls beside every search; no duplicates, no Subject::search
  std::vector<Subject> baselines = {baseline_subjects.begin(), baseline_subjects.end()};
  bool ablate = false;            ///< whether what a search found is evaluated without each of its adapters
  std::vector<std::string> stop;  ///< an answer ends before any of these
  bool wants(Subject baseline) const;
  bool operator==(const PredictConfig&) const = default;
};

/// Which composed adapters a results file holds. All others can be composed again (`export`).
enum class ComposedAdaptersKept {
  best,  ///< of each task, the one with the lowest objective: chosen by the shots
  none,
  all,
};
/// Whether a results file holds the texts of the tasks.
enum class TextsKept { all, none };

/// What a results file holds beside scores; decides no result.
struct ResultsConfig {
  ComposedAdaptersKept composed = ComposedAdaptersKept::best;
  TextsKept texts = TextsKept::all;
  bool operator==(const ResultsConfig&) const = default;
};

/// One of `of` disjoint shares of a sweep, from 1.
struct SweepPart {
  int number = 1, of = 1;
  bool operator==(const SweepPart&) const = default;
};

struct RunSection {
  std::filesystem::path out = "runs/sweep";
  int workers = 0;  ///< local worker threads where there is no mpirun; 0: one per available core
  int threads = 0;  ///< cores of one worker; 0: one
  SweepPart part;   ///< what this run does of the sweep; `collect` merges the parts
  bool operator==(const RunSection&) const = default;
};

/// What starts the ranks inside a SLURM allocation.
enum class Launcher { mpirun, srun };

/// What `lorasweep submit` asks SLURM for.
struct SlurmConfig {
  std::string partition;          ///< empty: the cluster's own choice
  std::string time = "01:00:00";  ///< as sbatch --time takes it
  int array = 1;                  ///< independent jobs, one a part of the sweep
  int array_at_once = 0;          ///< how many of them may run at a time; 0: SLURM decides
  int nodes = 1;                  ///< of each job, as all that follows
  int gpus_per_node = 0;
  int workers_per_node = 0;          ///< 0: one a GPU, or one
  int cpus_per_task = 1;             ///< cores of one worker
  std::string memory = "auto";       ///< of a node: auto (predicted), site (SLURM's default), or a size
  std::string hint;                  ///< as sbatch --hint takes it; empty: none
  std::string mail_type, mail_user;  ///< as sbatch takes them; empty: not said
  Launcher launcher = Launcher::mpirun;
  int max_restarts = 10;             ///< starts in a row without a result, after the first
  int signal_before = 120;           ///< seconds before the end of its time that a job is told to stop
  std::vector<std::string> command;  ///< starts lorasweep on the nodes; empty: this program
  std::vector<std::string> setup;    ///< shell lines ahead of it
  std::vector<std::string> extra;    ///< more options of sbatch
  bool operator==(const SlurmConfig&) const = default;
};

/// A whole configuration. After loading (load_config.h) all paths are absolute.
struct RunConfig {
  BaseModelConfig model;
  AdaptersConfig adapters;
  TasksConfig tasks;
  SearchConfig search;
  PredictConfig predict;
  ResultsConfig results;
  RunSection run;
  SlurmConfig slurm;
  bool operator==(const RunConfig&) const = default;
};

}  // namespace lorasweep
