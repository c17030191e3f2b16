// SPDX-License-Identifier: Apache-2.0
// PEFT's adapter_config.json: what is honoured, what is refused because it would be silently wrong, what does
// not matter.
#pragma once

#include "data/core/known_keys.h"

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

/// Values for single modules, in the order of the file: the first name that fits counts, as in PEFT.
template <typename T>
using ModulePattern = std::vector<std::pair<std::string, T>>;

/// The keys that change what an adapter does (docs/formats/adapters.md).
struct PeftConfig {
  enum class Targets {
    names,  ///< the modules that `target_modules` names, all of them
    all,    ///< "all-linear": every site but the output head
    rule,   ///< a regular expression, exclusions or layer numbers: the tensors in the file decide
  };

  int r = 0;
  double lora_alpha = 0;
  bool use_rslora = false;
  ModulePattern<int> rank_pattern;      ///< instead of r
  ModulePattern<double> alpha_pattern;  ///< instead of lora_alpha
  Targets targets_by = Targets::names;
  /// As in the file, sorted; PEFT's default for the base model where it says nothing.
  std::vector<std::string> target_modules;
  std::string base_model_name;

  /// Does `name` mean `module`? "q" and "SelfAttention.q" mean "encoder.block.0.layer.0.SelfAttention.q"; a
  /// name that begins with '^' means exactly the module that follows.
  static bool means(const std::string& name, const std::string& module);
  int rank_of(const std::string& module) const;
  /// lora_alpha / r, or lora_alpha / sqrt(r) with use_rslora; patterns applied.
  double scaling_of(const std::string& module) const;
  /// May the adapter change `module`? Must it, unless `targets_by` is a rule?
  bool targets(const std::string& module) const;
};

/// What is done with each key of adapter_config.json (docs/formats/adapters.md).
std::span<const KnownKey> peft_keys();

/// Reads `directory`/adapter_config.json. `default_targets` are the modules that PEFT changes in this base model where
/// the file does not say which (default_target_modules()). InputError naming file and key.
PeftConfig read_peft_config(const std::filesystem::path& directory, const std::vector<std::string>& default_targets);

}  // namespace lorasweep
