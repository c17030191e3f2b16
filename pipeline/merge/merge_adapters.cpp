// SPDX-License-Identifier: Apache-2.0
#include "pipeline/merge/merge_adapters.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/safetensors_writer.h"
#include "pipeline/collect/output_place.h"
#include "pipeline/spectrum/changed_sites.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> weights_of(const MergeRequest& request) {
  const std::size_t count = request.adapters.size();
  if (request.weights.empty())
    return std::vector<double>(count, request.rule.merge == StaticMerge::ties_svd ? 1 : 1 / static_cast<double>(count));
  if (request.weights.size() != count)
    throw ConfigError("--weights", fmt::format("has {} weights for {} adapters", request.weights.size(), count),
                      "give one an adapter, in their order, or none");
  if (!std::ranges::all_of(request.weights, [](double weight) { return std::isfinite(weight); }))
    throw ConfigError("--weights", "holds a weight that is no finite number", "give finite numbers");
  return request.weights;
}

// The changes of the map by all adapters that have it. Sizes are those of the first of these.
std::vector<MergeTerm> terms_of(const std::string& module, const MergeRequest& request,
                                const std::vector<ChangedSites>& adapters, const std::vector<double>& weights) {
  std::vector<MergeTerm> terms;
  for (std::size_t a = 0; a < adapters.size(); ++a) {
    const auto place = std::ranges::lower_bound(adapters[a].names, module);
    if (place == adapters[a].names.end() || *place != module) continue;
    SiteChange change = adapters[a].read(static_cast<std::size_t>(place - adapters[a].names.begin()));
    if (!terms.empty() && (change.factors.a.shape[1] != terms.front().factors.a.shape[1] ||
                           change.factors.b.shape[0] != terms.front().factors.b.shape[0]))
      throw InputError(request.adapters[a].string(),
                       "has factors of " + module + " of another size than the adapters before it",
                       "merge adapters of one base model");
    terms.push_back({std::move(change.factors), change.scaling, weights[a]});
  }
  return terms;
}

int greatest_rank(const std::vector<ChangedSites>& adapters) {
  std::int64_t rank = 1;
  for (const ChangedSites& sites : adapters)
    for (std::size_t i = 0; i < sites.names.size(); ++i) rank = std::max(rank, sites.read(i).factors.a.shape[0]);
  return static_cast<int>(rank);
}

// As the first adapter's, for what the merge does not decide.
Json config_of(const std::filesystem::path& first, const std::map<std::string, std::int64_t>& ranks) {
  const std::filesystem::path file = first / "adapter_config.json";
  const Json given = parse_json(read_file(file, std::size_t{1} << 24), file.string());
  std::int64_t most = 0;
  Json pattern = Json::object(), targets = Json::array();
  for (const auto& [module, rank] : ranks) most = std::max(most, rank);
  for (const auto& [module, rank] : ranks) {
    targets.push_back(module);
    if (rank != most) pattern[module] = rank;
  }
  return {{"peft_type", "LORA"},
          {"task_type", given.value("task_type", Json(nullptr))},
          {"base_model_name_or_path", given.value("base_model_name_or_path", Json(nullptr))},
          {"r", most},
          {"lora_alpha", most},
          {"rank_pattern", pattern},
          {"alpha_pattern", pattern},
          {"target_modules", targets},
          {"lora_dropout", 0.0},
          {"bias", "none"},
          {"fan_in_fan_out", false},
          {"modules_to_save", nullptr},
          {"inference_mode", true}};
}

}  // namespace

void merge_adapters(const MergeRequest& request, const std::filesystem::path& directory) {
  const std::vector<double> weights = weights_of(request);
  if (is_there(directory / "adapter_config.json"))
    throw ConfigError("--out", directory.string() + " has an adapter already", "name another directory");
  if (std::error_code ignored; is_there(directory) && !std::filesystem::is_empty(directory, ignored))
    throw ConfigError("--out", directory.string() + " is not empty", "name a new directory");
  std::vector<ChangedSites> adapters;
  std::set<std::string> modules;
  for (const auto& place : request.adapters) {
    adapters.push_back(changed_sites_of_directory(place));
    modules.insert(adapters.back().names.begin(), adapters.back().names.end());
  }
  MergeRule rule = request.rule;
  if (rule.rank == 0) rule.rank = greatest_rank(adapters);
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::int64_t> ranks;
  for (const std::string& module : modules) {
    Factors merged = merge_site(terms_of(module, request, adapters, weights), rule);
    ranks[module] = merged.a.shape[0];
    tensors["base_model.model." + module + ".lora_A.weight"] = std::move(merged.a);
    tensors["base_model.model." + module + ".lora_B.weight"] = std::move(merged.b);
  }
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw StorageError(directory.string(), "the directory cannot be made: " + error.message());
  write_safetensors(output_place(directory / "adapter_model.safetensors"), tensors, {{"format", "pt"}});
  write_file_atomically(output_place(directory / "adapter_config.json"),
                        config_of(request.adapters.front(), ranks).dump(2) + "\n");
}

}  // namespace lorasweep
