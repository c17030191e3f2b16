// SPDX-License-Identifier: Apache-2.0
// Which families of models there are: who reads their configurations, and who plans their networks.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/core/known_keys.h"
#include "data/model/causal_plan.h"
#include "data/model/model_config.h"
#include "data/model/model_plan.h"
#include "data/model/t5_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

struct Family {
  const char* model_type;
  ModelConfig (*read)(const std::filesystem::path& directory);
  ModelConfig (*from_json)(const Json& json);
};

ModelConfig read_t5(const std::filesystem::path& directory) { return read_t5_config(directory); }
ModelConfig t5_from_json(const Json& json) { return t5_config_from_json(json); }
ModelConfig read_causal(const std::filesystem::path& directory) { return read_causal_config(directory); }
ModelConfig causal_from_json(const Json& json) { return causal_config_from_json(json); }

// The first is the family of records that name none.
constexpr std::array families = {
    Family{"t5", read_t5, t5_from_json},
    // The network of T5 v1.1 over another vocabulary.
    Family{"mt5", read_t5, t5_from_json},
    // One network, whose switches the configuration has.
    Family{"llama", read_causal, causal_from_json},
    Family{"mistral", read_causal, causal_from_json},
    Family{"qwen2", read_causal, causal_from_json},
    Family{"qwen3", read_causal, causal_from_json},
};

// Relatives of these families, and what keeps each from being computed as one of them.
struct Relative {
  std::string_view model_type, difference;
};
constexpr auto relatives = std::to_array<Relative>({
    {"umt5", "every layer of a umT5 has position biases of its own"},
    {"longt5", "the encoder of a LongT5 attends locally"},
    {"switch_transformers", "a Switch Transformer has experts"},
    {"t5gemma", "a T5Gemma is made of Gemma's layers"},
    {"t5gemma2", "a T5Gemma is made of Gemma's layers"},
    {"pop2piano", "a Pop2Piano reads sound"},
    {"udop", "a UDOP reads pictures"},
    {"pix2struct", "a Pix2Struct reads pictures"},
    {"mixtral", "a Mixtral has experts"},
    {"qwen2_moe", "it has experts"},
    {"qwen3_moe", "it has experts"},
    {"llama4", "it has experts"},
    {"llama4_text", "it has experts"},
    {"phi3", "its maps are fused, which is not computed yet"},
    {"gemma", "its norms and activation are others, which are not computed yet"},
    {"gemma2", "it has more norms and soft caps, which are not computed yet"},
    {"gemma3", "it reads pictures"},
    {"gemma3_text", "it has more norms, which are not computed yet"},
    {"gpt2", "its positions are learned"},
    {"gpt_neox", "its layers run in parallel"},
    {"phi", "its layers run in parallel"},
});

static_assert(families.size() >= std::variant_size_v<ModelConfig>, "a family has no line above");

ModelPlan plan_of(const T5Config& config) { return t5_plan(config); }
ModelPlan plan_of(const CausalConfig& config) { return causal_plan(config); }

const Family* family_of(const std::string& model_type) {
  const auto found = std::ranges::find_if(families, [&](const Family& f) { return f.model_type == model_type; });
  return found == families.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> model_types() {
  std::vector<std::string> types;
  for (const Family& family : families) types.emplace_back(family.model_type);
  return types;
}

std::vector<FamilyName> family_names() {
  static_assert(std::variant_size_v<ModelConfig> == 2, "a family has no name below");
  return {{.name = "t5", .continues_prompt = false}, {.name = "causal", .continues_prompt = true}};
}

ModelConfig read_model_config(const std::filesystem::path& directory) {
  // transformers would load the base that this adapter names, and the adapter with it.
  if (is_there(directory / "adapter_config.json"))
    throw InputError((directory / "adapter_config.json").string(), "lies in a base model's directory",
                     "name the base model in model.path, and keep adapters in directories of their own");
  const std::filesystem::path file = directory / "config.json";
  const Json json = parse_json(read_file(file, std::size_t{1} << 20), file.string());
  const Json type = json.is_object() ? json.value("model_type", Json()) : Json();
  const Family* family = type.is_string() ? family_of(type) : nullptr;
  if (family == nullptr) {
    const auto relative = std::ranges::find_if(relatives, [&](const Relative& r) { return type == r.model_type; });
    throw InputError(
        file.string() + ", key \"model_type\"",
        fmt::format("is {}{}: only models of type {} can be used", type.is_null() ? "missing" : shown(type),
                    relative == relatives.end() ? "" : fmt::format(" ({})", relative->difference),
                    fmt::join(model_types(), ", ")),
        "choose a model of such a type");
  }
  return family->read(directory);
}

Json to_json(const ModelConfig& config) {
  return std::visit([](const auto& of_family) { return to_json(of_family); }, config);
}

ModelConfig model_config_from_json(const Json& json) {
  const std::string type = json.value("model_type", families.front().model_type);
  const Family* family = family_of(type);
  if (family == nullptr)
    throw InputError("base.config.model_type", "is \"" + type + "\", which is not known here",
                     "use the version of lorasweep that wrote it");
  return family->from_json(json);
}

ModelPlan model_plan(const ModelConfig& config) {
  return std::visit([](const auto& of_family) { return plan_of(of_family); }, config);
}

}  // namespace lorasweep
