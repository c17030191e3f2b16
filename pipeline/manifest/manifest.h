// SPDX-License-Identifier: Apache-2.0
// What a run's results depend on, and what is needed to read them where the inputs are not: the first record of its
// journal.
#pragma once

#include "data/model/model_config.h"

#include <nlohmann/json.hpp>

#include <cstdint>
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
    bool operator==(const Adapter&) const = default;
  };
  struct Task {
    std::string name, source, sha256;       ///< sha256: of all its texts, prompts applied
    std::string shots_sha256;               ///< of what the search learns from
    std::vector<std::int32_t> shot_tokens;  ///< target tokens of each shot
    std::vector<std::string> targets;       ///< of the test set
    bool operator==(const Task&) const = default;
  };
  struct Search {
    std::int32_t task = 0, replicate = 0;
    std::uint32_t seed = 0;
    std::int32_t adapter_set = 0;
    bool operator==(const Search&) const = default;
  };

  struct Baseline {
    bool few_shot = false;
    std::int32_t task = 0;
    bool operator==(const Baseline&) const = default;
  };

  // About the run; may differ when it is resumed.
  std::string version, run_uuid, created_utc, base_path;

  // What the results depend on.
  ModelConfig base_config;
  std::string base_sha256, tokenizer_sha256;
  /// the sections adapters, tasks, search, predict of the configuration, paths left out
  nlohmann::ordered_json settings;
  nlohmann::ordered_json numerics;  ///< element type, device, kernels, library versions
  std::vector<Adapter> adapters;
  std::vector<std::vector<std::int32_t>> adapter_sets;  ///< indices into adapters, in drawn order
  std::vector<Task> tasks;
  std::vector<Search> searches;
  std::vector<Baseline> baselines;
};

std::string to_json(const Manifest& manifest);
/// InputError naming `where` for text that is no manifest of a version this program reads.
Manifest manifest_from_json(const std::string& text, const std::string& where);

/// What differs in what the results depend on, one sentence each ("search.budget was 40 and is 60"); empty: the run can
/// be continued.
std::vector<std::string> differences(const Manifest& recorded, const Manifest& now);

}  // namespace lorasweep
