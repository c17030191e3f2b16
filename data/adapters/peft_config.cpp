// SPDX-License-Identifier: Apache-2.0
#include "data/adapters/peft_config.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

// Read below, one by one.
const std::set<std::string> honoured = {"peft_type",      "r",          "lora_alpha",     "use_rslora",       "rank_pattern", "alpha_pattern",
                                        "target_modules", "bias",       "fan_in_fan_out", "init_lora_weights"};
// Do not change what a trained adapter computes in inference. fan_in_fan_out is among the honoured by doing nothing: PEFT resets it for the
// linear maps of T5, and the factors themselves have one layout.
const std::set<std::string> ignored = {
    "auto_mapping",  "base_model_name_or_path", "inference_mode", "lora_dropout",        "revision",         "peft_version",
    "task_type",     "megatron_config",         "megatron_core",  "ephemeral_gpu_offload", "runtime_config", "qalora_group_size",
    "layers_pattern", "layers_to_transform",    "exclude_modules", "ensure_weight_tying", "eva_config",       "tied_weights_keys"};

bool neutral(const Json& value) {
  return value.is_null() || value == false || ((value.is_object() || value.is_array() || value.is_string()) && value.empty()) ||
         (value.is_string() && value.get<std::string>().empty());
}

class Keys {
 public:
  Keys(const Json& json, const std::string& file) : json_(json), file_(file) {}
  InputError problem(const std::string& key, const std::string& what, const std::string& remedy = "leave this adapter away, or train it without") const {
    return {file_ + ", key \"" + key + "\"", what, remedy};
  }
  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  int rank(const std::string& key, const Json& value) const {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > 4096)
      throw problem(key, "is " + value.dump() + ", not a rank from 1 to 4096", "correct the file");
    return value;
  }
  double alpha(const std::string& key, const Json& value) const {
    if (!value.is_number() || !std::isfinite(value.get<double>())) throw problem(key, "is " + value.dump() + ", not a number", "correct the file");
    return value;
  }
  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) throw problem(key, "is " + value->dump() + ", not true or false", "correct the file");
    return *value;
  }
  // PEFT takes a pattern's key as a regular expression that must match the end of a module's path. Strangers' expressions are not run: only
  // plain module names and paths are understood.
  template <typename Read>
  auto pattern(const char* key, Read read) const {
    std::map<std::string, decltype(read(std::string(), Json()))> pattern;
    const Json* table = find(key);
    if (table == nullptr) return pattern;
    if (!table->is_object()) throw problem(key, "is not a table", "correct the file");
    for (const auto& [module, value] : table->items()) {
      std::string plain = module.starts_with('^') ? module.substr(1) : module;
      if (plain.empty() || !std::ranges::all_of(plain, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }))
        throw problem(key, "has \"" + module + "\", which is not a plain module name", "write module names or paths");
      pattern.emplace(plain, read(std::string(key) + "." + module, value));
    }
    return pattern;
  }

 private:
  const Json& json_;
  const std::string& file_;
};

template <typename T>
T by_pattern(const std::map<std::string, T>& pattern, const std::string& module, T otherwise) {
  for (const auto& [suffix, value] : pattern)
    if (PeftConfig::names(suffix, module)) return value;
  return otherwise;
}

}  // namespace

bool PeftConfig::names(const std::string& suffix, const std::string& module) {
  return module == suffix || module.ends_with("." + suffix);
}
int PeftConfig::rank_of(const std::string& module) const { return by_pattern(rank_pattern, module, r); }
double PeftConfig::alpha_of(const std::string& module) const { return by_pattern(alpha_pattern, module, lora_alpha); }
double PeftConfig::scaling_of(const std::string& module) const {
  const double rank = rank_of(module);
  return alpha_of(module) / (use_rslora ? std::sqrt(rank) : rank);
}
bool PeftConfig::targets(const std::string& module) const {
  return targets_by_rule || std::ranges::any_of(target_modules, [&](const std::string& suffix) { return names(suffix, module); });
}

PeftConfig read_peft_config(const std::filesystem::path& directory) {
  const std::string file = (directory / "adapter_config.json").string();
  const Json json = parse_json(read_file(file, std::size_t{1} << 20), file);
  if (!json.is_object()) throw InputError(file, "is not a JSON object", "use the adapter_config.json that PEFT wrote");
  const Keys keys(json, file);

  const Json* type = keys.find("peft_type");
  if (type == nullptr || *type != "LORA") throw keys.problem("peft_type", "is " + (type ? type->dump() : "missing") + ", not \"LORA\"", "use a LoRA adapter");
  for (const auto& [key, value] : json.items())
    if (!honoured.contains(key) && !ignored.contains(key) && !neutral(value))
      throw keys.problem(key, "is " + value.dump().substr(0, 100) + ": this kind of LoRA is not supported, results would be silently wrong");
  if (const Json* bias = keys.find("bias"); bias != nullptr && *bias != "none")
    throw keys.problem("bias", "is " + bias->dump() + ": trained biases are not supported, results would be silently wrong");
  if (const Json* start = keys.find("init_lora_weights"); start != nullptr && start->is_string()) {
    const std::string name = *start;
    for (const char* changed : {"pissa", "olora", "corda", "loftq", "lora_ga"})
      if (name.starts_with(changed))
        throw keys.problem("init_lora_weights", "is \"" + name + "\": such an adapter belongs to changed base weights", "convert it to a plain LoRA with PEFT");
  }

  PeftConfig config;
  const Json* r = keys.find("r");
  const Json* alpha = keys.find("lora_alpha");
  if (r == nullptr) throw keys.problem("r", "is missing", "use the adapter_config.json that PEFT wrote");
  config.r = keys.rank("r", *r);
  config.lora_alpha = alpha == nullptr ? 8 : keys.alpha("lora_alpha", *alpha);  // PEFT's default
  config.use_rslora = keys.flag("use_rslora");
  keys.flag("fan_in_fan_out");
  config.rank_pattern = keys.pattern("rank_pattern", [&](const std::string& key, const Json& value) { return keys.rank(key, value); });
  config.alpha_pattern = keys.pattern("alpha_pattern", [&](const std::string& key, const Json& value) { return keys.alpha(key, value); });
  const Json* targets = keys.find("target_modules");
  if (targets == nullptr) {
    config.target_modules = {"q", "v"};
  } else if (targets->is_array()) {
    for (const Json& target : *targets) {
      if (!target.is_string()) throw keys.problem("target_modules", "holds " + target.dump() + ", not a text", "correct the file");
      config.target_modules.push_back(target);
    }
    std::ranges::sort(config.target_modules);
  } else if (targets->is_string()) {
    config.target_modules = {targets->get<std::string>()};
    config.targets_by_rule = true;
  } else {
    throw keys.problem("target_modules", "is neither a list nor a text", "correct the file");
  }
  for (const char* rule : {"layers_to_transform", "exclude_modules"})
    if (const Json* value = keys.find(rule); value != nullptr && !neutral(*value)) config.targets_by_rule = true;
  if (const Json* base = keys.find("base_model_name_or_path"); base != nullptr && base->is_string()) config.base_model_name = *base;
  return config;
}

}  // namespace lorasweep
