// SPDX-License-Identifier: Apache-2.0
// Matches the tensors of an adapter's file with the sites of the base model, and leaves nothing unmatched.
#include "data/adapters/adapter.h"

#include "data/adapters/other_tensors.h"
#include "data/adapters/peft_config.h"
#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* again = "download the adapter again";

enum class FactorKind { a, b };

struct Factor {
  std::string module;
  FactorKind kind = FactorKind::a;
  std::string adapter_name;  // of PEFT in memory; empty in files that PEFT wrote
};

// "base_model.model.<module>.lora_A.weight", or with an adapter's name before "weight".
std::optional<Factor> factor_of(std::string_view key) {
  constexpr std::string_view prefix = "base_model.model.", suffix = ".weight";
  if (!key.starts_with(prefix) || !key.ends_with(suffix)) return std::nullopt;
  key = key.substr(prefix.size(), key.size() - prefix.size() - suffix.size());
  for (const auto& [marker, kind] :
       {std::pair(std::string_view(".lora_A"), FactorKind::a), std::pair(std::string_view(".lora_B"), FactorKind::b)}) {
    const std::size_t at = key.find(marker);
    if (at == std::string_view::npos) continue;
    const std::string_view name = key.substr(at + marker.size());  // "" or ".default"
    if (!name.empty() && (name.size() == 1 || name.rfind('.') != 0)) return std::nullopt;
    return Factor{std::string(key.substr(0, at)), kind, std::string(name.substr(name.empty() ? 0 : 1))};
  }
  return std::nullopt;
}

void check_shape(const WeightFile& file, const std::string& where, const std::string& key,
                 const std::vector<std::int64_t>& wanted) {
  const TensorInfo* info = file.find(key);
  if (info->shape != wanted)
    throw InputError(where + ", tensor " + key,
                     fmt::format("has shape {}, its rank and the base model ask for {}", describe_shape(info->shape),
                                 describe_shape(wanted)),
                     "this adapter belongs to another base model, or its adapter_config.json to another adapter");
}

std::string last_component(const std::filesystem::path& directory) {
  const std::filesystem::path path = std::filesystem::absolute(directory).lexically_normal();
  return (path.filename().empty() ? path.parent_path() : path).filename().string();
}

// The factors in the file by site; ranks and scalings are not filled in yet. Names of all other tensors go to `others`.
class FactorsBySite {
 public:
  FactorsBySite(const WeightFile& weights, std::string where, const PeftConfig& peft, const ModelPlan& plan,
                const std::vector<LoraSite>& sites)
      : weights_(weights), where_(std::move(where)), peft_(peft), plan_(plan), sites_(sites) {
    for (std::size_t i = 0; i < sites.size(); ++i) index_.emplace(sites[i].module, static_cast<int>(i));
  }

  std::map<int, AdapterSite> match(std::vector<std::string>& others) {
    for (const TensorInfo& tensor : weights_.tensors())
      if (const std::optional<Factor> factor = factor_of(tensor.name))
        add(tensor.name, *factor);
      else
        others.push_back(tensor.name);
    const bool has_placeholders = std::ranges::any_of(
        weights_.tensors(), [](const TensorInfo& tensor) { return std::ranges::count(tensor.shape, 0) > 0; });
    if (!others.empty() || found_.empty() || has_placeholders) refuse_known_causes(weights_, where_, plan_, sites_);
    return std::move(found_);
  }

 private:
  void add(const std::string& name, const Factor& factor) {
    const std::string here = where_ + ", tensor " + name;
    const auto site = index_.find(factor.module);
    if (site == index_.end()) {
      refuse_known_causes(weights_, where_, plan_, sites_);
      throw InputError(here, "changes " + factor.module + ", which is not a linear map of the base model's blocks",
                       "use adapters of this base model");
    }
    if (!peft_.targets(factor.module))
      throw InputError(here, "changes a part that is not among the target_modules of adapter_config.json",
                       "use the adapter_config.json that was saved with these weights");
    AdapterSite& entry = found_[site->second];
    std::string& key = factor.kind == FactorKind::a ? entry.key_a : entry.key_b;
    adapter_names_.insert(factor.adapter_name);
    if (!key.empty() || adapter_names_.size() > 1)
      throw InputError(here, "belongs to a second adapter in the same file", "save one adapter per directory");
    key = name;
  }

  const WeightFile& weights_;
  const std::string where_;
  const PeftConfig& peft_;
  const ModelPlan& plan_;
  const std::vector<LoraSite>& sites_;
  std::map<std::string, int> index_;
  std::map<int, AdapterSite> found_;
  std::set<std::string> adapter_names_;
};

}  // namespace

Adapter::Adapter(const std::filesystem::path& directory, const ModelPlan& plan, const Checkpoint* base)
    : name_(last_component(directory)), directory_(directory) {
  const PeftConfig peft = read_peft_config(directory, default_target_modules(plan));
  weights_ = open_weights_of_directory(directory, "adapter_model", "adapter_model");
  const std::string where = weights_->files().front().string();
  format_ = weights_->files().back().extension() == ".bin" ? "bin" : "safetensors";
  base_model_name_ = peft.base_model_name;
  target_modules_ = peft.target_modules;
  alpha_ = peft.lora_alpha;
  rank_ = peft.r;

  const std::vector<LoraSite> sites = lora_sites(plan);
  std::vector<std::string> others;
  std::map<int, AdapterSite> found = FactorsBySite(*weights_, where, peft, plan, sites).match(others);
  require_unchanged(others, *weights_, where, plan, base);
  if (found.empty()) throw InputError(where, "holds no LoRA factors", again);
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const LoraSite& site = sites[i];
    const auto entry = found.find(static_cast<int>(i));
    if (entry == found.end()) {
      const bool left_out = peft.targets_by == PeftConfig::Targets::all && site.is_output_head;
      if (peft.targets_by != PeftConfig::Targets::rule && !left_out && peft.targets(site.module))
        throw InputError(
            where, "has no factors of " + site.module + ", which is among the target_modules of adapter_config.json",
            again);
      continue;
    }
    AdapterSite& added = sites_.emplace_back(std::move(entry->second));
    if (added.key_a.empty() || added.key_b.empty())
      throw InputError(where, "has only one of lora_A and lora_B of " + site.module, again);
    added.site = static_cast<int>(i);
    added.rank = peft.rank_of(site.module);
    added.scaling = peft.scaling_of(site.module);
    check_shape(*weights_, where, added.key_a, {added.rank, site.in});
    check_shape(*weights_, where, added.key_b, {site.out, added.rank});
    modules_.push_back(site.module);
  }
}

void Adapter::load() {
  std::size_t total = 0;
  for (const AdapterSite& site : sites_)
    for (const std::string& key : {site.key_a, site.key_b}) total += element_count(weights_->find(key)->shape);
  values_.reserve(total);
  for (const AdapterSite& site : sites_)
    for (const std::string& key : {site.key_a, site.key_b}) {
      Tensor tensor = key == site.key_b ? read_b(site) : read_a(site);
      loaded_.emplace(key, Loaded{std::move(tensor.shape), values_.size()});
      values_.insert(values_.end(), tensor.values.begin(), tensor.values.end());
    }
  weights_.reset();
}

void Adapter::unload() {
  weights_.reset();
  loaded_.clear();
  values_ = {};
}

Tensor Adapter::read_finite(const std::string& key) const {
  if (!weights_) {
    const Loaded& loaded = loaded_.at(key);
    const auto first = values_.begin() + loaded.first;
    return {loaded.shape, {first, first + element_count(loaded.shape)}};
  }
  Tensor tensor = weights_->read(key);
  if (!std::ranges::all_of(tensor.values, [](float v) { return std::isfinite(v); }))
    throw InputError(weights_->files().front().string() + ", tensor " + key, "holds NaN or infinity",
                     "leave this adapter out: it would spoil every mixture");
  return tensor;
}

Tensor Adapter::read_a(const AdapterSite& site) const { return read_finite(site.key_a); }

// A library holds B times the scaling.
Tensor Adapter::read_b(const AdapterSite& site) const {
  Tensor b = read_finite(site.key_b);
  const auto scaling = static_cast<float>(site.scaling);
  if (!std::ranges::all_of(b.values, [&](float v) { return std::isfinite(v * scaling); }))
    throw InputError(directory_.string() + ", tensor " + site.key_b,
                     fmt::format("times its scaling ({}) is not finite any more", site.scaling),
                     "leave this adapter out: it would spoil every mixture");
  return b;
}

}  // namespace lorasweep
