// SPDX-License-Identifier: Apache-2.0
// Checks every value of a T5 configuration once, so that nobody else has to.
#include "data/model/t5_config.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/weights_of_directory.h"
#include "data/model/config_keys.h"
#include "data/model/generation_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* another = "choose a T5 v1.0, T5 v1.1, FLAN-T5, UL2 or mT5 model";
constexpr std::string_view training = "counts in training only", classes = "of classification heads, which are refused",
                           running = "how it is run", origin = "where the file comes from",
                           rounding = "the same numbers but for rounding";

constexpr auto known_keys = std::to_array<KnownKey>({
    {"model_type", KeyUse::used},
    {"d_model", KeyUse::used},
    {"d_kv", KeyUse::used},
    {"d_ff", KeyUse::used},
    {"num_heads", KeyUse::used},
    {"num_layers", KeyUse::used},
    {"num_decoder_layers", KeyUse::used},
    {"vocab_size", KeyUse::used},
    {"relative_attention_num_buckets", KeyUse::used},
    {"relative_attention_max_distance", KeyUse::used},
    {"layer_norm_epsilon", KeyUse::used},
    {"feed_forward_proj", KeyUse::used},
    {"dense_act_fn", KeyUse::used},
    {"is_gated_act", KeyUse::used},
    {"scale_decoder_outputs", KeyUse::used},
    {"tie_word_embeddings", KeyUse::used},
    {"pad_token_id", KeyUse::used},
    {"eos_token_id", KeyUse::used},
    {"decoder_start_token_id", KeyUse::used},
    // Other names of sizes: transformers obeys them where they are written.
    {"hidden_size", KeyUse::used},
    {"head_dim", KeyUse::used},
    {"num_attention_heads", KeyUse::used},
    {"num_hidden_layers", KeyUse::used},
    {"is_encoder_decoder", KeyUse::usual, "[true]"},
    {"is_decoder", KeyUse::usual, "[false]"},
    {"tokenizer_class", KeyUse::usual, R"(["T5Tokenizer", "T5TokenizerFast", "MT5Tokenizer", "MT5TokenizerFast"])"},
    {"n_positions", KeyUse::harmless, "positions are relative: the network has no longest input"},
    {"torch_dtype", KeyUse::harmless, "model.dtype says what is computed with"},
    {"dtype", KeyUse::harmless, "model.dtype says what is computed with"},
    {"use_bfloat16", KeyUse::harmless, "model.dtype says what is computed with"},
    {"dropout_rate", KeyUse::harmless, training},
    {"classifier_dropout", KeyUse::harmless, training},
    {"initializer_factor", KeyUse::harmless, training},
    {"initializer_range", KeyUse::harmless, training},
    {"gradient_checkpointing", KeyUse::harmless, training},
    {"tf_legacy_loss", KeyUse::harmless, training},
    {"architectures", KeyUse::harmless, "the tensors say what the model is"},
    {"id2label", KeyUse::harmless, classes},
    {"label2id", KeyUse::harmless, classes},
    {"num_labels", KeyUse::harmless, classes},
    {"problem_type", KeyUse::harmless, classes},
    {"finetuning_task", KeyUse::harmless, classes},
    {"task_specific_params", KeyUse::harmless, "for pipelines, which put a prefix in front: tasks.prompt does"},
    {"prefix", KeyUse::harmless, "for pipelines, which put it in front: tasks.prompt does"},
    {"bos_token_id", KeyUse::harmless, "such a network has none"},
    {"sep_token_id", KeyUse::harmless, "such a network has none"},
    {"chunk_size_feed_forward", KeyUse::harmless, rounding},
    {"attn_implementation", KeyUse::harmless, rounding},
    {"_attn_implementation", KeyUse::harmless, rounding},
    {"_attn_implementation_autoset", KeyUse::harmless, rounding},
    {"_attn_implementation_internal", KeyUse::harmless, rounding},
    {"output_past", KeyUse::harmless, running},
    {"return_dict", KeyUse::harmless, running},
    {"torchscript", KeyUse::harmless, running},
    {"xla_device", KeyUse::harmless, running},
    {"name_or_path", KeyUse::harmless, origin},
    {"_name_or_path", KeyUse::harmless, origin},
});

struct KnownFeedForward {
  std::string_view kind, activation;
  FeedForward meaning;
};
constexpr auto feed_forwards = std::to_array<KnownFeedForward>({
    {"relu", "relu", FeedForward::relu},
    {"gated-gelu", "gelu_new", FeedForward::gated_gelu},
    {"gated-silu", "silu", FeedForward::gated_silu},
});

FeedForward read_feed_forward(const ConfigKeys& keys, const char* otherwise) {
  const std::string kind = keys.text_or("feed_forward_proj", otherwise);
  const auto known = std::ranges::find(feed_forwards, kind, &KnownFeedForward::kind);
  if (known == feed_forwards.end())
    throw keys.problem("feed_forward_proj", "is \"" + kind + "\": only relu, gated-gelu and gated-silu are known",
                       another);
  // Where files have this key, it says what follows from feed_forward_proj; if it said something else, transformers
  // would obey it.
  const std::string usual(known->activation);
  if (const std::string activation = keys.text_or("dense_act_fn", usual.c_str()); activation != usual)
    throw keys.problem("dense_act_fn", "is \"" + activation + "\": with " + kind + " only " + usual + " is known",
                       another);
  if (const bool gated = known->meaning != FeedForward::relu; keys.flag_or("is_gated_act", gated) != gated)
    throw keys.problem("is_gated_act", fmt::format("is {}, but feed_forward_proj is \"{}\"", !gated, kind));
  return known->meaning;
}

// Another name of a size that was read already.
void require_same(const ConfigKeys& keys, const char* alias, const char* key, int value) {
  if (keys.has(alias) && keys.at(alias) != value)
    throw keys.problem(
        alias, fmt::format("is {}, but {}, which it is another name of, is {}", shown(keys.at(alias)), key, value));
}

// Weights that cannot be opened are reported where they are read.
bool has_own_head(const std::filesystem::path& directory) {
  try {
    return open_weights_of_directory(directory, "model", "pytorch_model")->find("lm_head.weight") != nullptr;
  } catch (const InputError&) {
    return true;
  }
}

// Whether the head is the embedding, and the decoder's output scaled then. transformers 4: both, if
// tie_word_embeddings. transformers 5 writes that as true for every model, and ties where the file has no head of its
// own; whether it scales is kept in scale_decoder_outputs for t5, and is never done for mt5.
void read_head(const ConfigKeys& keys, const std::filesystem::path& directory, bool is_mt5, T5Config& config) {
  const bool tied = keys.flag_or("tie_word_embeddings", !is_mt5);
  if (is_mt5 && tied && !keys.text_or("transformers_version", "").starts_with('5'))
    throw keys.problem("tie_word_embeddings",
                       "is true: transformers 4 scales the output of such an mT5, transformers 5 does not, and nothing "
                       "says which of them trained it",
                       "use a model with a head of its own, as published ones have it, or save it with transformers 5");
  const bool scaled = is_mt5 ? false : keys.flag_or("scale_decoder_outputs", tied);
  config.tied_head = scaled || (tied && !has_own_head(directory));
  config.head_unscaled = config.tied_head && !scaled;
}

}  // namespace

T5Config read_t5_config(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "config.json";
  const Json json = parse_json(read_file(file, std::size_t{1} << 20), file.string());
  if (!json.is_object()) throw InputError(file.string(), "is not a JSON object", published_config);
  const ConfigKeys keys(json, file.string(), NullKey::is_wrong);
  const std::string type = keys.text_or("model_type", "");
  const bool is_mt5 = type == "mt5";
  if (type != "t5" && !is_mt5)
    throw keys.problem("model_type", "is \"" + type + "\": only t5 and mt5 models can be used", another);

  T5Config config;
  config.d_model = keys.integer("d_model", 1, 1 << 16);
  config.d_kv = keys.integer("d_kv", 1, 1 << 14);
  config.d_ff = keys.integer("d_ff", 1, 1 << 20);
  config.heads = keys.integer("num_heads", 1, 1 << 12);
  config.encoder_layers = keys.integer("num_layers", 1, 1024);
  config.decoder_layers = keys.integer_or("num_decoder_layers", 1, 1024, config.encoder_layers);
  config.vocabulary = keys.integer("vocab_size", 3, 1 << 24);
  config.relative_buckets = keys.integer_or("relative_attention_num_buckets", 4, 1 << 16, 32);
  config.relative_max_distance = keys.integer_or("relative_attention_max_distance", 2, 1 << 20, 128);
  config.norm_epsilon = keys.number_or("layer_norm_epsilon", 0, 1, 1e-6);
  read_head(keys, directory, is_mt5, config);
  config.pad_token = keys.integer_or("pad_token_id", 0, config.vocabulary - 1, 0);
  config.end_token = keys.integer_or("eos_token_id", 0, config.vocabulary - 1, 1);
  config.decoder_start_token = keys.integer_or("decoder_start_token_id", 0, config.vocabulary - 1, config.pad_token);

  if (config.relative_buckets % 4 != 0)
    throw keys.problem("relative_attention_num_buckets",
                       fmt::format("is {}, not a multiple of 4", config.relative_buckets));
  if (config.relative_max_distance <= config.relative_buckets / 2)
    throw keys.problem("relative_attention_max_distance",
                       fmt::format("is {}, not beyond the {} exact buckets", config.relative_max_distance,
                                   config.relative_buckets / 2));
  config.feed_forward = read_feed_forward(keys, is_mt5 ? "gated-gelu" : "relu");
  require_same(keys, "hidden_size", "d_model", config.d_model);
  require_same(keys, "head_dim", "d_kv", config.d_kv);
  require_same(keys, "num_attention_heads", "num_heads", config.heads);
  require_same(keys, "num_hidden_layers", "num_layers", config.encoder_layers);
  refuse_other_config_keys(json, known_keys, file.string());
  check_generation_config(directory,
                          {.start = config.decoder_start_token, .end = config.end_token, .pad = config.pad_token});
  return config;
}

std::span<const KnownKey> t5_config_keys() { return known_keys; }

nlohmann::ordered_json to_json(const T5Config& c) {
  Json json = {{"d_model", c.d_model},
               {"d_kv", c.d_kv},
               {"d_ff", c.d_ff},
               {"heads", c.heads},
               {"encoder_layers", c.encoder_layers},
               {"decoder_layers", c.decoder_layers},
               {"vocabulary", c.vocabulary},
               {"relative_buckets", c.relative_buckets},
               {"relative_max_distance", c.relative_max_distance},
               {"norm_epsilon", c.norm_epsilon},
               {"gated", c.gated()},
               {"tied_head", c.tied_head},
               {"decoder_start_token", c.decoder_start_token},
               {"pad_token", c.pad_token},
               {"end_token", c.end_token}};
  // What older records could not say has no key.
  if (c.feed_forward == FeedForward::gated_silu) json["activation"] = "silu";
  if (c.head_unscaled) json["head_unscaled"] = true;
  return json;
}

T5Config t5_config_from_json(const nlohmann::ordered_json& j) {
  T5Config c;
  c.d_model = j.at("d_model");
  c.d_kv = j.at("d_kv");
  c.d_ff = j.at("d_ff");
  c.heads = j.at("heads");
  c.encoder_layers = j.at("encoder_layers");
  c.decoder_layers = j.at("decoder_layers");
  c.vocabulary = j.at("vocabulary");
  c.relative_buckets = j.at("relative_buckets");
  c.relative_max_distance = j.at("relative_max_distance");
  c.norm_epsilon = j.at("norm_epsilon");
  c.feed_forward = !j.at("gated").get<bool>()                    ? FeedForward::relu
                   : j.value("activation", "gelu_new") == "silu" ? FeedForward::gated_silu
                                                                 : FeedForward::gated_gelu;
  c.tied_head = j.at("tied_head");
  c.head_unscaled = j.value("head_unscaled", false);
  c.decoder_start_token = j.at("decoder_start_token");
  c.pad_token = j.at("pad_token");
  c.end_token = j.at("end_token");
  return c;
}

}  // namespace lorasweep
