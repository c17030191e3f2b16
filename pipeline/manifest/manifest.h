// SPDX-License-Identifier: Apache-2.0
// What a run's results depend on, and what is needed to read them where the inputs are not: the first record of its
// journal.
#pragma once

#include "data/journal/subject.h"
#include "data/journal/trial.h"
#include "data/model/model_config.h"
#include "data/tasks/cut_examples.h"
#include "pipeline/config/replicates.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

struct Manifest {
  struct Adapter {
    /// source: its directory; sha256: of its numbers, whatever the file format
    std::string name, source, sha256, format;
    std::int32_t rank = 0;
    double alpha = 0;
    std::string base_model, target_modules;
    /// that it changes, and those of them where it adds nothing (AdapterContent); -1: not recorded
    std::int32_t sites = -1, idle_sites = -1;
    bool operator==(const Adapter&) const = default;
  };
  /// One that adapters.on_unusable = "skip" left out of the library.
  struct SkippedAdapter {
    std::string name, reason;
    bool operator==(const SkippedAdapter&) const = default;
  };
  /// What a search learns from.
  struct Shots {
    std::string sha256;                ///< of the texts
    std::vector<std::int32_t> tokens;  ///< target tokens of each
    bool operator==(const Shots&) const = default;
  };
  struct Task {
    std::string name, source, sha256;       ///< sha256: of all its texts, prompts applied
    std::string shots_sha256;               ///< of the shots of the first draw
    std::vector<std::int32_t> shot_tokens;  ///< target tokens of each of them
    std::vector<std::string> targets;       ///< of the test set
    std::optional<CutExamples> cut = {};    ///< nothing: not recorded
    std::vector<Shots> further_shots = {};  ///< of the draws after the first, in the order of tasks.shot_seed
    bool operator==(const Task&) const = default;
  };
  struct Search {
    std::int32_t task = 0, replicate = 0;
    std::uint32_t seed = 0;
    std::int32_t adapter_set = 0;       ///< -1: the screen of its shots says (adapters_of_searches.h)
    Subject answers = Subject::search;  ///< or random_adapters: over random twins of its adapters
    bool operator==(const Search&) const = default;
  };

  struct Baseline {
    Subject kind = Subject::zero_shot;  ///< one of baseline_subjects
    std::int32_t task = 0;
    bool operator==(const Baseline&) const = default;
  };

  /// Trials of one kind with one index, as in TrialRecord.
  struct Trials {
    Trial kind = Trial::screen;
    std::uint32_t index = 0;
    std::vector<std::uint32_t> positions;  ///< ascending
    bool operator==(const Trials&) const = default;
  };

  // About the run; may differ when it is resumed.
  std::string version, run_uuid, created_utc, base_path;

  // What the results depend on.
  ModelConfig base_config;
  std::string base_sha256, tokenizer_sha256;
  /// The configuration that the run was made of. On disk are its result settings (pipeline/config/result_settings.h)
  /// and model.dtype, and nothing else of it is compared; a setting that was unknown when they were written has its
  /// default.
  RunConfig config;
  std::string device;  ///< what decides the bits of results beside that: kind of device, kernels, library versions
  int revision = 1;    ///< of the arithmetic (numerics.h); 1 where a manifest does not say
  /// What the device made of a small fixed piece of work; empty: not recorded, or nobody could compute it.
  std::string check = {};
  std::vector<Adapter> adapters;
  std::vector<SkippedAdapter> skipped_adapters = {};    ///< for people: what the library is, `adapters` says
  std::vector<std::vector<std::int32_t>> adapter_sets;  ///< indices into adapters, in drawn order
  std::vector<Task> tasks;
  std::vector<Search> searches;
  std::vector<Baseline> baselines;
  std::int32_t replicates = 0;      ///< searches of a task; 0, and absent on disk: as many as the settings name
  std::vector<Trials> trials = {};  ///< kind after kind, by index; absent on disk: none
  bool screen_only = false;         ///< nothing but its trials was asked for; absent on disk: false
  /// That have numbers of their own (search.scope), in the order of an adapter's numbers; empty, and absent on disk:
  /// one number an adapter.
  std::vector<std::string> places = {};
  std::string weights_sha256 = {};  ///< of the file that the given method reads; empty: another method
};

/// The seeds and shot seeds of the replicates.
std::vector<Replicate> replicates_of(const Manifest& manifest);
/// Where a set of shots, of those of all tasks in their order, is.
struct ShotsPlace {
  std::size_t task = 0, draw = 0;  ///< draw: index into tasks.shot_seed
};
std::size_t sets_of_shots(const Manifest& manifest);
ShotsPlace place_of_shots(const Manifest& manifest, std::size_t set_of_shots);
/// The number of what a search learns from.
std::size_t set_of_shots(const Manifest& manifest, const Manifest::Search& search);
/// What a search learns from; or what a set of shots is.
Manifest::Shots shots_of(const Manifest& manifest, const Manifest::Search& search);
Manifest::Shots shots_of(const Manifest& manifest, std::size_t set_of_shots);
/// Evaluations of a search.
std::size_t search_budget(const Manifest& manifest);
/// Adapters of a search, which are known in number even where the screen of its shots says which.
std::size_t adapters_of(const Manifest& manifest, const Manifest::Search& search);
/// Numbers of an adapter, at least 1.
std::size_t places_of(const Manifest& manifest);

/// What decides the bits of values beside the inputs: element type, device, revision of the arithmetic.
nlohmann::ordered_json numerics_of(const Manifest& manifest);
/// The same with the check value, if there is one.
nlohmann::ordered_json checked_numerics_of(const Manifest& manifest);

std::string to_json(const Manifest& manifest);
/// InputError naming `where` for text that is not a manifest of a version this program reads, and for a key that it
/// does not know. Whether a run can have made it: run_checks.h.
Manifest manifest_from_json(const std::string& text, const std::string& where);

/// What differs in what the results depend on, one sentence each ("search.budget was 40 and is 60"); empty: the run can
/// be continued.
std::vector<std::string> differences(const Manifest& recorded, const Manifest& now);

}  // namespace lorasweep
