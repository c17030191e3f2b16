// SPDX-License-Identifier: Apache-2.0
#include "data/adapters/adapter.h"

#include "data/adapters/peft_config.h"
#include "data/core/digest.h"
#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::string_view prefix = "base_model.model.";

struct Factor {
  std::string module;
  bool is_a = false;
};

// "base_model.model.<module>.lora_A.weight", or with an adapter's name before "weight".
std::optional<Factor> factor_of(const std::string& key) {
  if (!key.starts_with(prefix) || !key.ends_with(".weight")) return std::nullopt;
  for (const char* factor : {".lora_A.", ".lora_B."}) {
    const std::size_t at = key.find(factor);
    if (at == std::string::npos || at < prefix.size()) continue;
    const std::string rest = key.substr(at + 8);  // "weight" or "default.weight"
    if (rest != "weight" && rest.find('.') != rest.size() - std::string_view(".weight").size()) return std::nullopt;
    return Factor{key.substr(prefix.size(), at - prefix.size()), factor[6] == 'A'};
  }
  return std::nullopt;
}

void check_shape(const WeightFile& file, const std::string& where, const std::string& key, const std::vector<std::int64_t>& wanted) {
  const TensorInfo* info = file.find(key);
  if (info->shape != wanted)
    throw InputError(where + ", tensor " + key,
                     fmt::format("has shape {}, rank and base model ask for {}", describe_shape(info->shape), describe_shape(wanted)),
                     "this adapter belongs to another base model, or its adapter_config.json to another adapter");
}

}  // namespace

Adapter::Adapter(const std::filesystem::path& directory, const T5Config& config)
    : name_(directory.filename().empty() ? directory.parent_path().filename().string() : directory.filename().string()), directory_(directory) {
  const PeftConfig peft = read_peft_config(directory);
  weights_ = open_weights_of_directory(directory, "adapter_model", "adapter_model");
  const std::string where = weights_->files().front().string();
  format_ = weights_->files().back().extension() == ".bin" ? "bin" : "safetensors";
  base_model_name_ = peft.base_model_name;
  target_modules_ = peft.target_modules;
  alpha_ = peft.lora_alpha;
  rank_ = peft.r;

  const std::vector<LoraSite> sites = lora_sites(config);
  std::map<std::string, int> index;
  for (std::size_t i = 0; i < sites.size(); ++i) index.emplace(sites[i].module, static_cast<int>(i));
  std::map<int, AdapterSite> found;
  for (const TensorInfo& tensor : weights_->tensors()) {
    const std::optional<Factor> factor = factor_of(tensor.name);
    const std::string here = where + ", tensor " + tensor.name;
    if (!factor) throw InputError(here, "is no LoRA factor: results would be silently wrong without it", "use a plain LoRA adapter");
    const auto site = index.find(factor->module);
    if (site == index.end()) throw InputError(here, "changes a part that the base model does not have, or that is no linear map of T5", "use adapters of this base model");
    if (!peft.targets(factor->module))
      throw InputError(here, "changes a part that is not among the config's target_modules", "use the adapter_config.json that was saved with these weights");
    AdapterSite& entry = found[site->second];
    std::string& key = factor->is_a ? entry.key_a : entry.key_b;
    if (!key.empty()) throw InputError(here, "is there twice (also as " + key + ")", "save one adapter per directory");
    key = tensor.name;
  }
  if (found.empty()) throw InputError(where, "holds no LoRA factors", "download the adapter again");
  for (auto& [site, entry] : found) {
    const std::string& module = sites[site].module;
    if (entry.key_a.empty() || entry.key_b.empty())
      throw InputError(where, "has only one of lora_A and lora_B of " + module, "download the adapter again");
    entry.site = site;
    entry.rank = peft.rank_of(module);
    entry.scaling = peft.scaling_of(module);
    check_shape(*weights_, where, entry.key_a, {entry.rank, sites[site].in});
    check_shape(*weights_, where, entry.key_b, {sites[site].out, entry.rank});
    sites_.push_back(entry);
    modules_.push_back(module);
  }
  if (!peft.targets_by_rule)
    for (const LoraSite& site : sites)
      if (peft.targets(site.module) && !std::ranges::count(modules_, site.module))
        throw InputError(where, "has no factors of " + site.module + ", which is among the config's target_modules", "download the adapter again");
}

Tensor Adapter::read_finite(const std::string& key) const {
  Tensor tensor = weights_->read(key);
  if (!std::ranges::all_of(tensor.values, [](float v) { return std::isfinite(v); }))
    throw InputError(weights_->files().front().string() + ", tensor " + key, "holds NaN or infinity", "leave this adapter away");
  return tensor;
}

Tensor Adapter::read_a(const AdapterSite& site) const { return read_finite(site.key_a); }
Tensor Adapter::read_b(const AdapterSite& site) const { return read_finite(site.key_b); }

std::string Adapter::digest() const {
  Sha256 digest;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    digest.add(modules_[i]);
    digest.add(static_cast<std::uint64_t>(sites_[i].rank));
    digest.add(sites_[i].scaling);
    for (const Tensor& tensor : {read_a(sites_[i]), read_b(sites_[i])}) digest.bytes(std::as_bytes(std::span(tensor.values)));
  }
  return digest.hex();
}

}  // namespace lorasweep
