// SPDX-License-Identifier: Apache-2.0
// Writes composed models one at a time, cut to a rank if asked.
#include "pipeline/collect/export_adapter.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/safetensors_writer.h"
#include "data/results/results_schema.h"
#include "pipeline/collect/adapter_card.h"
#include "pipeline/collect/output_place.h"
#include "pipeline/low_rank/truncate_factors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view key_prefix = "base_model.model.";
constexpr std::string_view key_a = ".lora_A.weight", key_b = ".lora_B.weight";

struct Model {
  std::string where;  // for messages
  Json config;
  std::map<std::string, Tensor> tensors;
};

Model load(const SweepResults& results, const ComposedModel& composed) {
  Model model{.where = composed_name(results, composed), .config = {}, .tensors = {}};
  model.config = parse_json(composed.adapter_config, model.where + "@adapter_config");
  if (!model.config.is_object())
    throw InputError(model.where + "@adapter_config", "is not a JSON object", "make the results again");
  for (const TensorInfo& info : composed.tensors) model.tensors[info.name] = composed.read(info.name);
  return model;
}

std::string module_of(const std::string& key) {
  const std::size_t begin = key.starts_with(key_prefix) ? key_prefix.size() : 0;
  return key.substr(begin, key.size() - key_a.size() - begin);
}

// Cutting keeps B A, so whatever the configuration multiplies it with must be 1, as it is in what lorasweep
// composes.
void require_scaling_of_one(const Model& model) {
  const Json& config = model.config;
  const bool is_one = config.contains("r") && config.contains("lora_alpha") && config["r"] == config["lora_alpha"] &&
                      config.value("rank_pattern", Json::object()) == config.value("alpha_pattern", Json::object()) &&
                      config.value("use_rslora", Json(false)) == Json(false);
  if (!is_one)
    throw InputError(model.where + "@adapter_config", "does not say lora_alpha = r for every module",
                     "export without a rank, or make the results again");
}

Tensor& factor_b(Model& model, const std::string& name_a) {
  const auto b = model.tensors.find(name_a.substr(0, name_a.size() - key_a.size()).append(key_b));
  const Tensor& a = model.tensors.at(name_a);
  if (b == model.tensors.end() || a.shape.size() != 2 || b->second.shape.size() != 2 ||
      a.shape[0] != b->second.shape[1])
    throw InputError(model.where + "/" + name_a, "has no lora_B that fits it", "make the results again");
  return b->second;
}

std::vector<SiteTruncation> cut(Model& model, int rank, const std::filesystem::path& place) {
  require_scaling_of_one(model);
  std::vector<SiteTruncation> sites;
  Json smaller = Json::object();
  for (auto& [name, a] : model.tensors) {
    if (!name.ends_with(key_a)) continue;
    Tensor& b = factor_b(model, name);
    SiteTruncation& site = sites.emplace_back(SiteTruncation{place, module_of(name), a.shape[0], 0});
    Truncated cut = truncate_factors({std::move(a), std::move(b)}, rank);
    site.relative_error = cut.relative_error;
    a = std::move(cut.factors.a);
    b = std::move(cut.factors.b);
    if (a.shape[0] < rank) smaller[site.module] = a.shape[0];
  }
  model.config["r"] = model.config["lora_alpha"] = rank;
  model.config["rank_pattern"] = model.config["alpha_pattern"] = std::move(smaller);
  return sites;
}

void write(const Model& model, const std::filesystem::path& place) {
  write_safetensors(output_place(place / "adapter_model.safetensors"), model.tensors, {{"format", "pt"}});
  write_file_atomically(output_place(place / "adapter_config.json"), model.config.dump(2) + "\n");
}

}  // namespace

void export_adapter(const SweepResults& results, const ComposedModel& composed, const std::filesystem::path& place) {
  write(load(results, composed), place);
}

std::vector<SiteTruncation> export_adapters(const SweepResults& results, const std::filesystem::path& directory,
                                            std::optional<int> rank, std::string results_sha256) {
  if (rank && *rank < 1) throw ConfigError("--rank", fmt::format("is {}, but must be at least 1", *rank));
  const SweepOrigin origin = origin_of(results, std::move(results_sha256));
  std::vector<SiteTruncation> sites;
  for (const ComposedModel& composed : results.composed) {
    const std::filesystem::path place =
        directory / results.summary.task.at(composed.task_index) / fmt::format("r{}", composed.replicate);
    std::error_code error;
    std::filesystem::create_directories(place, error);
    if (error) throw StorageError(place.string(), "the directory cannot be made: " + error.message());
    require_own_card(place);
    Model model = load(results, composed);
    if (rank) std::ranges::move(cut(model, *rank, place), std::back_inserter(sites));
    write(model, place);
    write_file_atomically(output_place(place / recipe_name), recipe_of(results, origin, composed, rank));
    write_file_atomically(output_place(place / card_name), card_of(results, origin, composed, rank));
  }
  return sites;
}

}  // namespace lorasweep
