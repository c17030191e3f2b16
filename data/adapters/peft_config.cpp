// SPDX-License-Identifier: Apache-2.0
// A table decides what happens to a key: used, harmless, and all others, which must say nothing.
#include "data/adapters/peft_config.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_bytes = 1 << 20;
constexpr int most_rank = 4096;
constexpr double most_alpha = 1e6;
constexpr const char* plain_only = "leave this adapter out, or train it without";
constexpr const char* use_original = "use the adapter_config.json that PEFT wrote";

constexpr std::string_view training = "says how it was trained", storing = "says how it was stored",
                           distributed = "splits training over devices", covered = "the tensors say what is changed",
                           off = "of a method that is refused where it is on";

constexpr auto known_keys = std::to_array<KnownKey>({
    {"alpha_pattern", KeyUse::used},
    {"base_model_name_or_path", KeyUse::used},
    {"bias", KeyUse::used},
    {"exclude_modules", KeyUse::used},
    {"fan_in_fan_out", KeyUse::used},
    {"init_lora_weights", KeyUse::used},
    {"layers_to_transform", KeyUse::used},
    {"lora_alpha", KeyUse::used},
    {"peft_type", KeyUse::used},
    {"r", KeyUse::used},
    {"rank_pattern", KeyUse::used},
    {"target_modules", KeyUse::used},
    {"use_rslora", KeyUse::used},
    {"auto_mapping", KeyUse::harmless, storing},
    {"ensure_weight_tying", KeyUse::harmless, "of weights saved whole, which are refused"},
    {"ephemeral_gpu_offload", KeyUse::harmless, storing},
    {"eva_config", KeyUse::harmless, training},
    {"inference_mode", KeyUse::harmless, training},
    {"layers_pattern", KeyUse::harmless, covered},
    {"lora_dropout", KeyUse::harmless, training},
    {"merge_weights", KeyUse::harmless, "merged or not, the sum is the same"},
    {"megatron_config", KeyUse::harmless, distributed},
    {"megatron_core", KeyUse::harmless, distributed},
    {"peft_version", KeyUse::harmless, storing},
    {"qalora_group_size", KeyUse::harmless, off},
    {"revision", KeyUse::harmless, "of the base's repository: shapes are what must fit"},
    {"runtime_config", KeyUse::harmless, storing},
    {"task_type", KeyUse::harmless, "says which class held the base: the tensors say what is changed"},
    {"tied_weights_keys", KeyUse::harmless, "of weights saved whole, which are refused"},
});

// Ways to start training that leave the base weights as they are. All others (pissa, olora, loftq, ...) move
// a part of the base into the adapter, which then is right on the changed base only.
constexpr auto plain_starts = std::to_array<std::string_view>({"gaussian", "eva", "orthogonal"});

// One file's keys; every problem names the file and the key.
class Keys {
 public:
  Keys(const Json& json, const std::string& file) : json_(json), file_(file) {}

  InputError problem(std::string_view key, const std::string& what, const std::string& remedy) const {
    return {fmt::format("{}, key \"{}\"", file_, key), what, remedy};
  }
  // nullptr where the key is absent or null.
  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  int rank(const std::string& key, const Json& value) const {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > most_rank)
      throw problem(key, fmt::format("is {}, not a rank from 1 to {}", shown(value), most_rank), use_original);
    return value;
  }
  double alpha(const std::string& key, const Json& value) const {
    if (!value.is_number() || std::abs(value.get<double>()) > most_alpha)
      throw problem(key, fmt::format("is {0}, not a number from -{1} to {1}", shown(value), most_alpha), use_original);
    return value;
  }
  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) throw problem(key, "is " + shown(*value) + ", not true or false", use_original);
    return *value;
  }
  // PEFT takes a pattern's key as a regular expression for the end of a module's path. Expressions from files that
  // others wrote are not run: only names and paths are understood.
  template <typename Read>
  auto pattern(const char* key, Read read) const {
    ModulePattern<decltype(read(std::string(), Json()))> pattern;
    const Json* table = find(key);
    if (table == nullptr) return pattern;
    if (!table->is_object()) throw problem(key, "is " + shown(*table) + ", not a table", use_original);
    for (const auto& [module, value] : table->items()) {
      const std::string_view path = std::string_view(module).substr(module.starts_with('^') ? 1 : 0);
      const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; };
      if (path.empty() || !std::ranges::all_of(path, plain))
        throw problem(key, "has \"" + module + "\", a regular expression: only module names and paths are read",
                      "write a line for each module that it stands for");
      pattern.emplace_back(module, read(std::string(key) + "." + module, value));
    }
    return pattern;
  }

 private:
  const Json& json_;
  const std::string& file_;
};

void refuse_other_methods(const Keys& keys, const Json& json, const std::string& file) {
  const Json* type = keys.find("peft_type");
  if (type == nullptr && json.contains("config") && json.contains("architecture"))
    throw keys.problem("architecture", "is of the adapters library (AdapterHub), which writes another format than PEFT",
                       "save the adapter with PEFT");
  if (type == nullptr || *type != "LORA")
    throw keys.problem("peft_type", type ? fmt::format("is {}, another method than LoRA", shown(*type)) : "is missing",
                       "use a LoRA adapter");
  refuse_other_keys(json, known_keys, file, plain_only);
  if (const Json* bias = keys.find("bias"); bias != nullptr && *bias != "none")
    throw keys.problem("bias",
                       "is " + shown(*bias) + ": trained biases are not supported, results would be silently wrong",
                       plain_only);
  const Json* start = keys.find("init_lora_weights");
  if (start != nullptr && !start->is_boolean() &&
      (!start->is_string() || !std::ranges::count(plain_starts, start->get_ref<const std::string&>())))
    throw keys.problem("init_lora_weights", "is " + shown(*start) + ": such an adapter belongs to changed base weights",
                       "convert it to a plain LoRA with PEFT");
}

void read_targets(const Keys& keys, const std::vector<std::string>& default_targets, PeftConfig& config) {
  const Json* targets = keys.find("target_modules");
  if (targets == nullptr) {
    config.target_modules = default_targets;
  } else if (targets->is_string()) {
    config.target_modules = {targets->get<std::string>()};
    config.targets_by = *targets == "all-linear" ? PeftConfig::Targets::all : PeftConfig::Targets::rule;
  } else {
    if (!targets->is_array()) throw keys.problem("target_modules", "is neither a list nor a string", use_original);
    for (const Json& target : *targets) {
      if (!target.is_string())
        throw keys.problem("target_modules", "holds " + shown(target) + ", not a string", use_original);
      config.target_modules.push_back(target);
    }
    std::ranges::sort(config.target_modules);
  }
  for (const char* rule : {"layers_to_transform", "exclude_modules"})
    if (const Json* value = keys.find(rule); value != nullptr && !says_nothing(*value))
      config.targets_by = PeftConfig::Targets::rule;
}

template <typename T>
T first_that_fits(const ModulePattern<T>& pattern, const std::string& module, T otherwise) {
  const auto fits = [&](const auto& entry) { return PeftConfig::means(entry.first, module); };
  const auto found = std::ranges::find_if(pattern, fits);
  return found == pattern.end() ? otherwise : found->second;
}

}  // namespace

std::span<const KnownKey> peft_keys() { return known_keys; }

bool PeftConfig::means(const std::string& name, const std::string& module) {
  if (name.starts_with('^')) return module == std::string_view(name).substr(1);
  return module == name || module.ends_with("." + name);
}

int PeftConfig::rank_of(const std::string& module) const { return first_that_fits(rank_pattern, module, r); }

double PeftConfig::scaling_of(const std::string& module) const {
  const double rank = rank_of(module);
  return first_that_fits(alpha_pattern, module, lora_alpha) / (use_rslora ? std::sqrt(rank) : rank);
}

bool PeftConfig::targets(const std::string& module) const {
  return targets_by != Targets::names ||
         std::ranges::any_of(target_modules, [&](const std::string& name) { return means(name, module); });
}

PeftConfig read_peft_config(const std::filesystem::path& directory, const std::vector<std::string>& default_targets) {
  const std::string file = (directory / "adapter_config.json").string();
  const Json json = parse_json(read_file(file, most_bytes), file);
  if (!json.is_object()) throw InputError(file, "is not a JSON object", use_original);
  const Keys keys(json, file);
  refuse_other_methods(keys, json, file);

  PeftConfig config;
  for (const char* key : {"r", "lora_alpha"})
    if (keys.find(key) == nullptr) throw keys.problem(key, "is missing", use_original);
  config.r = keys.rank("r", *keys.find("r"));
  config.lora_alpha = keys.alpha("lora_alpha", *keys.find("lora_alpha"));
  config.use_rslora = keys.flag("use_rslora");
  // Whatever it says, it is about how the base stores its weight: the factors have one layout.
  keys.flag("fan_in_fan_out");
  config.rank_pattern =
      keys.pattern("rank_pattern", [&](const std::string& key, const Json& value) { return keys.rank(key, value); });
  config.alpha_pattern =
      keys.pattern("alpha_pattern", [&](const std::string& key, const Json& value) { return keys.alpha(key, value); });
  read_targets(keys, default_targets, config);
  if (const Json* base = keys.find("base_model_name_or_path"); base != nullptr && base->is_string())
    config.base_model_name = *base;
  return config;
}

}  // namespace lorasweep
