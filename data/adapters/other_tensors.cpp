// SPDX-License-Identifier: Apache-2.0
// Tells the causes apart by the names and shapes of all tensors together: one tensor alone says little.
#include "data/adapters/other_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::string_view peft_prefix = "base_model.model.", compiled = "_orig_mod.";
constexpr const char* plain_only = "use a plain LoRA adapter, or train it without";
constexpr const char* rename_keys = "save it again with PEFT's save_pretrained(), or rename its keys ({})";

bool holds(std::string_view name, std::string_view part) { return name.find(part) != std::string_view::npos; }

bool is_factor_like(const TensorInfo& tensor) { return holds(tensor.name, "lora_A") || holds(tensor.name, "lora_B"); }

std::string without(std::string name, std::string_view part) {
  for (std::size_t at = 0; (at = name.find(part, at)) != std::string::npos;) name.erase(at, part.size());
  return name;
}

/// A tensor of the base model under the name that PEFT gives it: without its prefixes, and without the layer of its own
/// that it puts around a module. `wrapped`: also below the name of anything else that was around the model.
const StoredTensor* of_base(std::string name, std::span<const StoredTensor> stored, bool wrapped = false) {
  name = without(without(std::move(name), compiled), "base_layer.");
  while (name.starts_with(peft_prefix)) name.erase(0, peft_prefix.size());
  const auto is_name = [&](const std::string& known) {
    return name == known || (wrapped && name.ends_with('.' + known));
  };
  const auto found = std::ranges::find_if(stored, [&](const StoredTensor& tensor) {
    return is_name(tensor.name) || std::ranges::any_of(tensor.aliases, is_name);
  });
  return found == stored.end() ? nullptr : &*found;
}

bool is_of_vocabulary(const StoredTensor& tensor, const ModelPlan& plan) {
  return tensor.shape.size() == 2 && tensor.shape[0] == plan.vocabulary;
}

void refuse_nothing_or_placeholders(const WeightFile& weights, const std::string& where) {
  if (weights.tensors().empty())
    throw InputError(where, "holds no tensor: an empty state dict was saved, as every rank but the first has it",
                     "save the adapter again, on the rank that has its values");
  const auto is_empty = [](const TensorInfo& tensor) { return std::ranges::count(tensor.shape, 0) > 0; };
  const auto first = std::ranges::find_if(weights.tensors(), is_empty);
  if (first == weights.tensors().end()) return;
  throw InputError(
      where + ", tensor " + first->name,
      fmt::format(
          "has shape {}, as {} of {} tensors: DeepSpeed's ZeRO-3 had spread the values over ranks, and they were "
          "saved without being gathered",
          describe_shape(first->shape), std::ranges::count_if(weights.tensors(), is_empty), weights.tensors().size()),
      "set stage3_gather_16bit_weights_on_model_save, or make the file with zero_to_fp32.py, and save it again");
}

void refuse_whole_model(const WeightFile& weights, const std::string& where, const ModelPlan& plan) {
  const std::vector<StoredTensor> stored = stored_tensors(plan);
  const std::size_t all = weights.tensors().size();
  const std::size_t factors = std::ranges::count_if(weights.tensors(), is_factor_like);
  const std::size_t of_network = std::ranges::count_if(weights.tensors(), [&](const TensorInfo& tensor) {
    const StoredTensor* found = is_factor_like(tensor) ? nullptr : of_base(tensor.name, stored, true);
    return found != nullptr && !is_of_vocabulary(*found, plan);
  });
  if (2 * of_network < stored.size()) return;  // single tensors of it are no whole model
  if (factors == 0)
    throw InputError(where, fmt::format("holds a whole model, {} tensors and no LoRA factor among them", all),
                     "use the file of the adapter; if the adapter was merged into this model, it cannot be taken out");
  throw InputError(
      where,
      fmt::format("holds a whole model: {} LoRA factors among {} tensors (a state dict that was saved as a "
                  "whole, or made by zero_to_fp32.py)",
                  factors, all),
      "keep the factors alone, {k: v for k, v in state.items() if \"lora_\" in k}, and save these");
}

/// What precedes the site in a factor's key; nothing if it is of no site of the base.
std::optional<std::string> beginning_of(std::string name, std::span<const LoraSite> sites) {
  name = without(std::move(name), compiled);
  const std::size_t end = name.find(".lora_");
  if (end == std::string::npos) return std::nullopt;
  const std::string_view path = std::string_view(name).substr(0, end);
  for (const LoraSite& site : sites) {
    if (!path.ends_with(site.module)) continue;
    const std::string_view beginning = path.substr(0, path.size() - site.module.size());
    if (beginning.empty() || beginning.ends_with('.')) return std::string(beginning);
  }
  return std::nullopt;
}

/// Where some factors have PEFT's beginning, or one of their own, and others another.
[[noreturn]] void refuse_mixed_names(const std::map<std::string, std::vector<std::string>>& factors,
                                     const std::string& where) {
  std::size_t all = 0;
  for (const auto& [beginning, names] : factors) all += names.size();
  const auto other = std::ranges::find_if(factors, [](const auto& each) { return each.first != peft_prefix; });
  throw InputError(
      where + ", tensor " + other->second.front(),
      fmt::format(
          "is a LoRA factor by another name than the rest: {} of {} {}, the others do not; these are pieces of several "
          "state dicts",
          other->second.size(), all,
          other->first.empty() ? fmt::format("lack the prefix \"{}\"", peft_prefix)
                               : fmt::format("begin with \"{}\"", other->first)),
      fmt::format(fmt::runtime(rename_keys), fmt::format("all to \"{}\"", peft_prefix)));
}

/// Where the factors' names have another beginning than PEFT's.
void refuse_other_names(const WeightFile& weights, const std::string& where, std::span<const LoraSite> sites) {
  std::map<std::string, std::vector<std::string>> beginnings;  // and the factors that have them
  bool is_compiled = false;
  for (const TensorInfo& tensor : weights.tensors()) {
    if (!is_factor_like(tensor)) continue;
    const std::optional<std::string> beginning = beginning_of(tensor.name, sites);
    if (!beginning) return;
    beginnings[*beginning].push_back(tensor.name);
    is_compiled = is_compiled || holds(tensor.name, compiled);
  }
  if (beginnings.empty()) return;
  const std::string& beginning = beginnings.begin()->first;
  const std::string doubled = fmt::format("{0}{0}", peft_prefix);
  const std::string first = where + ", tensor " + weights.tensors().front().name;
  if (is_compiled)
    throw InputError(first,
                     "its keys have \"_orig_mod.\" in them: torch.compile was around the model when it was saved",
                     fmt::format(fmt::runtime(rename_keys), "k.replace(\"_orig_mod.\", \"\")"));
  if (beginnings.size() > 1) refuse_mixed_names(beginnings, where);
  if (beginning.empty())
    throw InputError(first,
                     fmt::format("its keys lack the prefix \"{}\": other loaders then take the base model alone, "
                                 "without a word",
                                 peft_prefix),
                     fmt::format(fmt::runtime(rename_keys), "\"base_model.model.\" + k"));
  if (beginning == doubled)
    throw InputError(
        first, fmt::format("its keys have the prefix \"{}\" twice: a PEFT model was wrapped once more", peft_prefix),
        fmt::format(fmt::runtime(rename_keys), "k.removeprefix(\"base_model.model.\")"));
  if (beginning != peft_prefix)
    throw InputError(first,
                     fmt::format("its keys begin with \"{}\", not with \"{}\"{}", beginning, peft_prefix,
                                 beginning.starts_with("module.") ? ": DataParallel was around the model" : ""),
                     fmt::format(fmt::runtime(rename_keys),
                                 fmt::format("\"base_model.model.\" + k.removeprefix(\"{}\")", beginning)));
}

/// What a piece of a key says of the method, or the program, that wrote it.
struct Method {
  std::string_view mark, name;
};
constexpr auto methods = std::to_array<Method>({
    {"lora_magnitude_vector", "DoRA"},
    {"lora_embedding_", "LoRA of an embedding"},
    {"lora_B.bias", "LoRA with trained biases (lora_bias)"},
    {"lora_E", "AdaLoRA"},
    {"ranknum", "AdaLoRA"},
    {"ia3_l", "IA3"},
    {"hada_w", "LoHa"},
    {"lokr_w", "LoKr"},
    {"boft_", "BOFT"},
    {"oft_", "OFT"},
    {"vera_lambda", "VeRA"},
    {"vblora_", "VB-LoRA"},
    {"randlora_", "RandLora"},
    {"fourierft_", "FourierFT"},
    {"hra_u", "HRA"},
    {"bone_", "Bone"},
    {"miss_", "MiSS"},
    {"shira_", "SHiRA"},
    {"c3a_kernel", "C3A"},
    {"road_", "RoAd"},
    {"waveft_", "WaveFT"},
    {"delora_", "DeLoRA"},
    {"ln_tuning_layers", "LayerNorm tuning"},
    {"trainable_tokens_", "trainable tokens"},
    {"prompt_embeddings", "prompt or prefix tuning"},
    {"prompt_encoder", "prompt tuning"},
    {"adaption_", "LLaMA-Adapter"},
    {"internal_xlora", "X-LoRA"},
    {"modules_to_save", "modules that were trained as a whole (modules_to_save)"},
    {"original_module", "modules that were trained as a whole (modules_to_save)"},
    {"lora_down", "LoRA as Kohya's scripts or Diffusers write it, not PEFT"},
    {"lora_up", "LoRA as Kohya's scripts or Diffusers write it, not PEFT"},
    {".loras.", "LoRA of the adapters library (AdapterHub), not of PEFT"},
});

void refuse_other_methods(const WeightFile& weights, const std::string& where) {
  for (const Method& method : methods) {
    const auto has_mark = [&](const TensorInfo& tensor) { return holds(tensor.name, method.mark); };
    const auto first = std::ranges::find_if(weights.tensors(), has_mark);
    if (first == weights.tensors().end()) continue;
    throw InputError(
        where + ", tensor " + first->name,
        fmt::format("belongs to {}, as {} of {} tensors: that is no plain LoRA, and without them results "
                    "would be silently wrong",
                    method.name, std::ranges::count_if(weights.tensors(), has_mark), weights.tensors().size()),
        plain_only);
  }
}

std::size_t rows_that_differ(const Tensor& a, const Tensor& b) {
  const std::size_t width = a.shape.back();
  std::size_t count = 0;
  for (std::size_t row = 0; row * width < a.values.size(); ++row)
    count +=
        std::memcmp(a.values.data() + row * width, b.values.data() + row * width, width * sizeof(float)) != 0 ? 1 : 0;
  return count;
}

constexpr const char* save_base =
    "save the base model with the table that the adapter was trained on, and name it in model.path; or train the "
    "adapter "
    "without changing it";

void require_bits_of_base(const std::string& name, const StoredTensor& stored, const WeightFile& weights,
                          const std::string& here, const Checkpoint& base) {
  const Tensor saved = weights.read(name);
  if (const std::size_t rows = rows_that_differ(saved, base.read(stored.name)); rows > 0)
    throw InputError(
        here,
        fmt::format("is the base model's {} saved beside the factors, and differs from it in {} of {} rows: they would "
                    "have to change with the adapter",
                    stored.name, rows, stored.shape[0]),
        save_base);
}

}  // namespace

void refuse_known_causes(const WeightFile& weights, const std::string& where, const ModelPlan& plan,
                         std::span<const LoraSite> sites) {
  refuse_nothing_or_placeholders(weights, where);
  refuse_whole_model(weights, where, plan);
  refuse_other_names(weights, where, sites);
  refuse_other_methods(weights, where);
}

void require_unchanged(const std::vector<std::string>& others, const WeightFile& weights, const std::string& where,
                       const ModelPlan& plan, const Checkpoint* base) {
  const std::vector<StoredTensor> stored = stored_tensors(plan);
  for (const std::string& name : others) {
    const std::string here = where + ", tensor " + name;
    const StoredTensor* found = of_base(name, stored);
    if (found == nullptr || !is_of_vocabulary(*found, plan))
      throw InputError(
          here,
          fmt::format("is not a LoRA factor{}: results would be silently wrong without it",
                      found == nullptr ? "" : ", but a tensor of the base model that was trained with them"),
          plain_only);
    const std::vector<std::int64_t>& shape = weights.find(name)->shape;
    if (shape.size() == 2 && shape[1] == found->shape[1] && shape[0] != found->shape[0])
      throw InputError(here,
                       fmt::format("the adapter was trained on a vocabulary of {} tokens, the base model has {}",
                                   shape[0], found->shape[0]),
                       "add the same tokens to the base model, save it with this table, and name it in model.path; or "
                       "train the adapter without added tokens");
    if (shape != found->shape)
      throw InputError(
          here,
          fmt::format("has shape {}, in the base model it is {}", describe_shape(shape), describe_shape(found->shape)),
          "use adapters of this base model");
    if (base != nullptr) require_bits_of_base(name, *found, weights, here, *base);
  }
}

}  // namespace lorasweep
