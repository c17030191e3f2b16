// SPDX-License-Identifier: Apache-2.0
// PEFT's adapter_config.json: what is honoured, what is refused because it would be silently wrong, what does not matter.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// The keys that change what an adapter does (docs/formats/adapters.md).
struct PeftConfig {
  int r = 0;
  double lora_alpha = 0;
  bool use_rslora = false;
  std::map<std::string, int> rank_pattern;      ///< module suffix -> r
  std::map<std::string, double> alpha_pattern;  ///< module suffix -> lora_alpha
  std::vector<std::string> target_modules;      ///< module suffixes; "q" and "v" where the file says nothing (PEFT's default for T5)
  bool targets_by_rule = false;                 ///< by a regular expression or a layer rule: the tensors in the file decide
  std::string base_model_name;

  /// Does `suffix` name `module`? "q" and "SelfAttention.q" name "encoder.block.0.layer.0.SelfAttention.q".
  static bool names(const std::string& suffix, const std::string& module);
  int rank_of(const std::string& module) const;
  double alpha_of(const std::string& module) const;
  /// lora_alpha / r, or lora_alpha / sqrt(r) with use_rslora.
  double scaling_of(const std::string& module) const;
  bool targets(const std::string& module) const;
};

/// Reads `directory`/adapter_config.json. InputError naming file and key.
PeftConfig read_peft_config(const std::filesystem::path& directory);

}  // namespace lorasweep
