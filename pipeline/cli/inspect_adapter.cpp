// SPDX-License-Identifier: Apache-2.0
// Adapters, alone and as a library, by what they say of themselves: no base model is known here.
#include "data/adapters/adapter_search.h"
#include "data/adapters/peft_config.h"
#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"
#include "pipeline/cli/inspection.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {
namespace {

std::uint64_t parameters_of(const std::vector<TensorInfo>& tensors) {
  std::uint64_t count = 0;
  for (const TensorInfo& tensor : tensors) count += element_count(tensor.shape);
  return count;
}

// The modules with factors, by what stands before ".lora_A" in the names of tensors.
std::set<std::string> sites_of(const std::vector<TensorInfo>& tensors) {
  std::set<std::string> sites;
  for (const TensorInfo& tensor : tensors)
    if (const std::size_t at = tensor.name.find(".lora_A"); at != std::string::npos)
      sites.insert(tensor.name.substr(0, at));
  return sites;
}

template <typename T>
Inspection pattern_of(const ModulePattern<T>& pattern) {
  Inspection found = Inspection::object();
  for (const auto& [name, value] : pattern) found[name] = value;
  return found;
}

Inspection row_of(const std::filesystem::path& directory, const std::string& name) {
  Inspection row = {{"adapter", name},  {"usable", "yes"}, {"rank", nullptr}, {"scaling", nullptr},
                    {"sites", nullptr}, {"base", nullptr}, {"reason", ""}};
  try {
    const PeftConfig config = read_peft_config(directory, {});
    row["rank"] = config.r;
    row["scaling"] = config.scaling_of("");
    row["base"] = config.base_model_name;
    row["sites"] = sites_of(open_weights_of_directory(directory, "adapter_model", "adapter_model")->tensors()).size();
  } catch (const InputError& error) {
    row["usable"] = "no";
    row["reason"] = error.problem();
  }
  return row;
}

}  // namespace

Inspection inspect_adapter(const std::filesystem::path& directory) {
  const PeftConfig config = read_peft_config(directory, {});
  const auto weights = open_weights_of_directory(directory, "adapter_model", "adapter_model");
  return {{"kind", "LoRA adapter"},
          {"rank", config.r},
          {"lora_alpha", config.lora_alpha},
          {"use_rslora", config.use_rslora},
          {"scaling", config.scaling_of("")},  // without patterns
          {"rank_pattern", pattern_of(config.rank_pattern)},
          {"alpha_pattern", pattern_of(config.alpha_pattern)},
          {"target_modules", config.target_modules},  // empty: PEFT's own for the base model
          {"sites", sites_of(weights->tensors()).size()},
          {"base_model", config.base_model_name},
          {"tensors", weights->tensors().size()},
          {"parameters", parameters_of(weights->tensors())},
          {"file", weights->files().front().filename().string()}};
}

Inspection library_rows(const std::filesystem::path& directory) {
  Inspection rows = Inspection::array();
  for (const auto& adapter : search_adapters(directory).found)
    rows.push_back(row_of(directory / adapter, adapter.generic_string()));
  return rows;
}

}  // namespace lorasweep
