// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectrum/changed_sites.h"

#include "data/adapters/peft_config.h"
#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

struct FactorKeys {
  std::string a, b;
};

// "base_model.model.<module>.lora_A.weight", or with an adapter's name before "weight": module and kind.
std::optional<std::pair<std::string, bool>> factor_of(std::string_view key) {
  constexpr std::string_view prefix = "base_model.model.", suffix = "weight";
  if (!key.starts_with(prefix) || !key.ends_with(suffix)) return std::nullopt;
  key.remove_prefix(prefix.size());
  for (const auto& [marker, is_a] : {std::pair(std::string_view(".lora_A."), true), {".lora_B.", false}})
    if (const std::size_t at = key.find(marker); at != std::string_view::npos)
      return std::pair(std::string(key.substr(0, at)), is_a);
  return std::nullopt;
}

// By module. `refuse` throws for what cannot be used.
std::map<std::string, FactorKeys> pairs_of(const std::vector<TensorInfo>& tensors, const auto& refuse) {
  std::map<std::string, FactorKeys> pairs;
  for (const TensorInfo& tensor : tensors) {
    const auto factor = factor_of(tensor.name);
    if (!factor) refuse(tensor.name, "is no factor of a LoRA");
    std::string& key = factor->second ? pairs[factor->first].a : pairs[factor->first].b;
    if (!key.empty()) refuse(tensor.name, "belongs to a second adapter in the same file");
    key = tensor.name;
  }
  for (const auto& [module, keys] : pairs)
    if (keys.a.empty() || keys.b.empty())
      refuse(keys.a.empty() ? keys.b : keys.a, "has no partner: one of lora_A and lora_B is missing");
  return pairs;
}

ChangedSites sites_of(std::map<std::string, FactorKeys> pairs,
                      std::function<SiteChange(const std::string& module, const FactorKeys&)> read) {
  ChangedSites sites;
  std::vector<FactorKeys> keys;
  for (auto& [module, of_module] : pairs) {
    sites.names.push_back(module);
    keys.push_back(std::move(of_module));
  }
  sites.read = [names = sites.names, keys = std::move(keys), read = std::move(read)](std::size_t place) {
    return read(names.at(place), keys.at(place));
  };
  return sites;
}

}  // namespace

ChangedSites changed_sites(const Adapter& adapter, const std::vector<LoraSite>& sites) {
  std::map<std::string, const AdapterSite*> by_name;
  for (const AdapterSite& site : adapter.sites()) by_name[sites.at(static_cast<std::size_t>(site.site)).module] = &site;
  ChangedSites changed;
  std::vector<const AdapterSite*> in_order;
  for (const auto& [name, site] : by_name) {
    changed.names.push_back(name);
    in_order.push_back(site);
  }
  changed.read = [&adapter, in_order = std::move(in_order)](std::size_t place) {
    const AdapterSite& site = *in_order.at(place);
    return SiteChange{{.a = adapter.read_a(site), .b = adapter.read_b(site)}, site.scaling};
  };
  return changed;
}

ChangedSites changed_sites(const ComposedModel& model) {
  const auto refuse = [](const std::string& tensor, const std::string& problem) {
    throw InputError("/composed, tensor " + tensor, problem, "make the results again with `lorasweep collect`");
  };
  return sites_of(pairs_of(model.tensors, refuse), [read = model.read](const std::string&, const FactorKeys& keys) {
    return SiteChange{{.a = read(keys.a), .b = read(keys.b)}, 1};
  });
}

ChangedSites changed_sites_of_directory(const std::filesystem::path& directory) {
  const PeftConfig config = read_peft_config(directory, {});
  const std::shared_ptr<WeightFile> weights = open_weights_of_directory(directory, "adapter_model", "adapter_model");
  const auto refuse = [where = weights->files().front().string()](const std::string& tensor,
                                                                  const std::string& problem) {
    throw InputError(where + ", tensor " + tensor, problem, "name a plain LoRA adapter, as PEFT saves it");
  };
  std::map<std::string, FactorKeys> pairs = pairs_of(weights->tensors(), refuse);
  if (pairs.empty()) throw InputError(weights->files().front().string(), "holds no LoRA factors");
  for (const auto& [module, keys] : pairs) {
    const auto &a = weights->find(keys.a)->shape, &b = weights->find(keys.b)->shape;
    const std::int64_t rank = config.rank_of(module);
    if (a.size() != 2 || a[0] != rank || b.size() != 2 || b[1] != rank)
      refuse(keys.a, fmt::format("has shape {} and its partner {}, but the configuration says rank {}",
                                 describe_shape(a), describe_shape(b), rank));
  }
  return sites_of(std::move(pairs), [weights, config, refuse](const std::string& module, const FactorKeys& keys) {
    SiteChange change{{.a = weights->read(keys.a), .b = weights->read(keys.b)}, config.scaling_of(module)};
    for (const auto& [key, factor] : {std::pair(&keys.a, &change.factors.a), {&keys.b, &change.factors.b}})
      if (!all_finite(factor->values)) refuse(*key, "holds NaN or infinity");
    return change;
  });
}

}  // namespace lorasweep
