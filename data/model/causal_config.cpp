// SPDX-License-Identifier: Apache-2.0
// Checks every value of a decoder-only configuration once, so that nobody else has to.
#include "data/model/causal_config.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/model/config_keys.h"
#include "data/model/generation_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view training = "counts in training only", running = "how it is run",
                           origin = "where the file comes from", element = "model.dtype says what is computed with",
                           special = "the tokenizer's files say it", rounding = "the same numbers but for rounding";

// What transformers does in each family, and takes where the key is missing.
struct Switches {
  std::string_view model_type;
  bool always_input_bias = false;  ///< q, k, v have biases, whatever attention_bias says
  bool attention_bias = false;     ///< the key attention_bias counts: q, k, v and o
  bool mlp_bias = false;           ///< the key mlp_bias counts
  bool head_norms = false;
  enum class Window { none, all_layers, where_used } window = Window::none;
  int default_head_width = 0;  ///< 0: d_model / heads
};
using Window = Switches::Window;
constexpr auto families = std::to_array<Switches>({
    {.model_type = "llama", .attention_bias = true, .mlp_bias = true},
    {.model_type = "mistral", .window = Window::all_layers},
    {.model_type = "qwen2", .always_input_bias = true, .window = Window::where_used},
    {.model_type = "qwen3",
     .attention_bias = true,
     .head_norms = true,
     .window = Window::where_used,
     .default_head_width = 128},
});
constexpr int default_window = 4096, default_first_window_layer = 28;

constexpr auto known_keys = std::to_array<KnownKey>({
    {"model_type", KeyUse::used},
    {"hidden_size", KeyUse::used},
    {"intermediate_size", KeyUse::used},
    {"num_hidden_layers", KeyUse::used},
    {"num_attention_heads", KeyUse::used},
    {"num_key_value_heads", KeyUse::used},
    {"head_dim", KeyUse::used},
    {"vocab_size", KeyUse::used},
    {"max_position_embeddings", KeyUse::used},
    {"rms_norm_eps", KeyUse::used},
    {"tie_word_embeddings", KeyUse::used},
    {"attention_bias", KeyUse::used},
    {"mlp_bias", KeyUse::used},
    {"rope_theta", KeyUse::used},
    {"rope_scaling", KeyUse::used},
    {"rope_parameters", KeyUse::used},
    {"sliding_window", KeyUse::used},
    {"use_sliding_window", KeyUse::used},
    {"max_window_layers", KeyUse::used},
    {"layer_types", KeyUse::used},
    {"eos_token_id", KeyUse::used},
    {"hidden_act", KeyUse::usual, R"(["silu"])"},
    {"is_encoder_decoder", KeyUse::usual, "[false]"},
    {"partial_rotary_factor", KeyUse::usual, "[1, 1.0]"},
    {"do_sample", KeyUse::harmless, "answers are greedy"},
    {"bos_token_id", KeyUse::harmless, special},
    {"pad_token_id", KeyUse::harmless, "nothing is padded"},
    {"tokenizer_class", KeyUse::harmless, special},
    {"torch_dtype", KeyUse::harmless, element},
    {"dtype", KeyUse::harmless, element},
    {"attention_dropout", KeyUse::harmless, training},
    {"initializer_range", KeyUse::harmless, training},
    {"gradient_checkpointing", KeyUse::harmless, training},
    {"pretraining_tp", KeyUse::harmless, rounding},
    {"attn_implementation", KeyUse::harmless, rounding},
    {"_attn_implementation", KeyUse::harmless, rounding},
    {"_attn_implementation_autoset", KeyUse::harmless, rounding},
    {"_attn_implementation_internal", KeyUse::harmless, rounding},
    {"chunk_size_feed_forward", KeyUse::harmless, rounding},
    {"architectures", KeyUse::harmless, "the tensors say what the model is"},
    {"id2label", KeyUse::harmless, "of classification heads, which are refused"},
    {"label2id", KeyUse::harmless, "of classification heads, which are refused"},
    {"return_dict", KeyUse::harmless, running},
    {"torchscript", KeyUse::harmless, running},
    {"unsloth_fixed", KeyUse::harmless, origin},
    {"unsloth_version", KeyUse::harmless, origin},
    {"name_or_path", KeyUse::harmless, origin},
    {"_name_or_path", KeyUse::harmless, origin},
});

const Switches& switches_of(const ConfigKeys& keys) {
  const Json type = keys.has("model_type") ? keys.at("model_type") : Json();
  const auto found = std::ranges::find_if(families, [&](const Switches& one) { return type == one.model_type; });
  if (found == families.end())
    throw keys.problem("model_type", "is " + shown(type) + ": only llama, mistral, qwen2 and qwen3 are read as such");
  return *found;
}

void read_heads(const ConfigKeys& keys, const Switches& family, CausalConfig& config) {
  config.heads = keys.integer("num_attention_heads", 1, 1 << 12);
  config.key_heads = keys.integer_or("num_key_value_heads", 1, 1 << 12, config.heads);
  if (config.heads % config.key_heads != 0)
    throw keys.problem("num_key_value_heads", fmt::format("is {}, which does not divide num_attention_heads, {}",
                                                          config.key_heads, config.heads));
  const int otherwise = family.default_head_width != 0 ? family.default_head_width : config.d_model / config.heads;
  if (!keys.has("head_dim") && family.default_head_width == 0 && config.d_model % config.heads != 0)
    throw keys.problem("head_dim", fmt::format("is missing, and {} heads do not divide hidden_size, {}", config.heads,
                                               config.d_model));
  config.head_width = keys.integer_or("head_dim", 2, 1 << 12, otherwise);
  if (config.head_width % 2 != 0)
    throw keys.problem("head_dim", fmt::format("is {}: positions turn pairs of numbers", config.head_width));
}

void read_biases(const ConfigKeys& keys, const Switches& family, CausalConfig& config) {
  const bool attention = keys.flag_or("attention_bias", false), mlp = keys.flag_or("mlp_bias", false);
  if (attention && !family.attention_bias)
    throw keys.problem("attention_bias", fmt::format("is true, which a {} does not know", family.model_type));
  if (mlp && !family.mlp_bias)
    throw keys.problem("mlp_bias", fmt::format("is true, which a {} does not know", family.model_type));
  config.input_bias = attention || family.always_input_bias;
  config.output_bias = attention;
  config.ff_bias = mlp;
}

// The window that each layer would have, by the keys that say so for all of them.
std::vector<int> common_windows(const ConfigKeys& keys, const Switches& family, int layers) {
  std::vector<int> windows(layers, 0);
  if (family.window == Window::none) {
    if (keys.has("sliding_window"))
      throw keys.problem("sliding_window", fmt::format("is {}, which a {} does not know",
                                                       shown(keys.at("sliding_window")), family.model_type));
    return windows;
  }
  const bool used = family.window == Window::all_layers || keys.flag_or("use_sliding_window", false);
  const int first = family.window == Window::all_layers
                        ? 0
                        : keys.integer_or("max_window_layers", 0, 1 << 16, default_first_window_layer);
  // null: none; missing: transformers' default
  if (!used || (keys.is_written("sliding_window") && !keys.has("sliding_window"))) return windows;
  const int window = keys.integer_or("sliding_window", 1, 1 << 24, default_window);
  for (int layer = first; layer < layers; ++layer) windows[layer] = window;
  return windows;
}

// Where the file says layer by layer which have a window, that counts for the families that know it, and must be what
// the other keys say for the rest.
void read_windows(const ConfigKeys& keys, const Switches& family, CausalConfig& config) {
  std::vector<int> windows = common_windows(keys, family, config.layers);
  if (keys.has("layer_types")) {
    const Json& types = keys.at("layer_types");
    if (!types.is_array() || std::ssize(types) != config.layers)
      throw keys.problem("layer_types", fmt::format("is not a list of {} layers", config.layers));
    const bool may_choose =
        family.window == Window::where_used && keys.flag_or("use_sliding_window", false) && keys.has("sliding_window");
    for (int layer = 0; layer < config.layers; ++layer) {
      const bool sliding = types[layer] == "sliding_attention";
      if (!sliding && types[layer] != "full_attention")
        throw keys.problem("layer_types",
                           "holds " + shown(types[layer]) + ": only full_attention and sliding_attention are computed");
      if (may_choose)
        windows[layer] = sliding ? keys.integer("sliding_window", 1, 1 << 24) : 0;
      else if (sliding != (windows[layer] != 0))
        throw keys.problem("layer_types", fmt::format("says {} of layer {}, and the keys of the window do not",
                                                      shown(types[layer]), layer));
    }
  }
  // A window that no sequence reaches beyond is none.
  if (std::ranges::any_of(windows, [&](int window) { return window != 0 && window < config.positions(); }))
    config.windows = std::move(windows);
}

// A number, or a list of numbers.
void read_end_tokens(const ConfigKeys& keys, CausalConfig& config) {
  if (!keys.has("eos_token_id")) return;
  const Json& ends = keys.at("eos_token_id");
  for (const Json& end : ends.is_array() ? ends : Json::array({ends})) {
    if (!end.is_number_integer() || end.get<std::int64_t>() < 0 || end.get<std::int64_t>() >= config.vocabulary)
      throw keys.problem("eos_token_id",
                         fmt::format("holds {}, not a token from 0 to {}", shown(end), config.vocabulary - 1));
    config.end_tokens.push_back(end);
  }
}

void sort_end_tokens(const ConfigKeys& keys, CausalConfig& config) {
  std::ranges::sort(config.end_tokens);
  config.end_tokens.erase(std::unique(config.end_tokens.begin(), config.end_tokens.end()), config.end_tokens.end());
  if (config.end_tokens.empty())
    throw keys.problem("eos_token_id", "is missing, here and in generation_config.json: no answer would end");
}

}  // namespace

CausalConfig read_causal_config(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "config.json";
  const Json json = parse_json(read_file(file, std::size_t{1} << 20), file.string());
  if (!json.is_object()) throw InputError(file.string(), "is not a JSON object", published_config);
  const ConfigKeys keys(json, file.string(), NullKey::is_missing);
  const Switches& family = switches_of(keys);

  CausalConfig config;
  config.model_type = family.model_type;
  config.d_model = keys.integer("hidden_size", 2, 1 << 16);
  config.d_ff = keys.integer("intermediate_size", 1, 1 << 20);
  config.layers = keys.integer("num_hidden_layers", 1, 1024);
  config.vocabulary = keys.integer("vocab_size", 3, 1 << 24);
  config.max_positions = keys.integer("max_position_embeddings", 2, 1 << 24);
  config.norm_epsilon = keys.number_or("rms_norm_eps", 0, 1, 1e-6);
  config.tied_head = keys.flag_or("tie_word_embeddings", false);
  config.head_norms = family.head_norms;
  read_heads(keys, family, config);
  read_biases(keys, family, config);
  read_windows(keys, family, config);
  config.rope = read_rope_parameters(json, file.string());
  refuse_other_config_keys(json, known_keys, file.string());
  read_end_tokens(keys, config);
  for (const std::int32_t end : read_generation_ends(directory, config.vocabulary)) config.end_tokens.push_back(end);
  sort_end_tokens(keys, config);
  return config;
}

std::span<const KnownKey> causal_config_keys() { return known_keys; }

}  // namespace lorasweep
