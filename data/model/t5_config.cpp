// SPDX-License-Identifier: Apache-2.0
// Every value is checked here once, so that nobody else has to.
#include "data/model/t5_config.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <string>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* published = "use the config.json that was published with the model";
constexpr const char* another = "choose a T5 v1.0, T5 v1.1 or FLAN-T5 model";

// Reads one file's keys; every problem names the file and the key.
class Keys {
 public:
  Keys(const Json& json, std::string file) : json_(json), file_(std::move(file)) {}

  int integer(const char* key, int low, int high) const {
    if (!json_.contains(key)) throw problem(key, "is missing");
    return checked(key, low, high);
  }
  int integer_or(const char* key, int low, int high, int otherwise) const {
    return json_.contains(key) && !json_[key].is_null() ? checked(key, low, high) : otherwise;
  }
  double number_or(const char* key, double low, double high, double otherwise) const {
    if (!json_.contains(key)) return otherwise;
    if (!json_[key].is_number() || json_[key].get<double>() < low || json_[key].get<double>() > high)
      throw problem(key, fmt::format("is {}, not a number from {} to {}", json_[key].dump(), low, high));
    return json_[key];
  }
  bool flag_or(const char* key, bool otherwise) const {
    if (!json_.contains(key)) return otherwise;
    if (!json_[key].is_boolean()) throw problem(key, "is " + json_[key].dump() + ", not true or false");
    return json_[key];
  }
  std::string text_or(const char* key, const char* otherwise) const {
    if (!json_.contains(key)) return otherwise;
    if (!json_[key].is_string()) throw problem(key, "is " + json_[key].dump() + ", not a text");
    return json_[key];
  }
  InputError problem(const std::string& key, const std::string& what, const std::string& remedy = published) const {
    return {file_ + ", key \"" + key + "\"", what, remedy};
  }

 private:
  int checked(const char* key, int low, int high) const {
    const Json& value = json_[key];
    if (!value.is_number_integer() || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
      throw problem(key, fmt::format("is {}, not an integer from {} to {}", value.dump(), low, high));
    return value;
  }

  const Json& json_;
  std::string file_;
};

FeedForward read_feed_forward(const Keys& keys) {
  const std::string kind = keys.text_or("feed_forward_proj", "relu");
  if (kind != "relu" && kind != "gated-gelu")
    throw keys.problem("feed_forward_proj", "is \"" + kind + "\": only relu and gated-gelu are known", another);
  // Follows from feed_forward_proj where it is written at all; where it does not, transformers would obey
  // this key.
  const char* usual = kind == "relu" ? "relu" : "gelu_new";
  if (const std::string activation = keys.text_or("dense_act_fn", usual); activation != usual)
    throw keys.problem("dense_act_fn", "is \"" + activation + "\": with " + kind + " only " + usual + " is known",
                       another);
  return kind == "relu" ? FeedForward::relu : FeedForward::gated_gelu;
}

}  // namespace

T5Config read_t5_config(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "config.json";
  const Json json = parse_json(read_file(file, std::size_t{1} << 20), file.string());
  if (!json.is_object()) throw InputError(file.string(), "is not a JSON object", published);
  const Keys keys(json, file.string());
  if (const std::string type = keys.text_or("model_type", ""); type != "t5")
    throw keys.problem("model_type", "is \"" + type + "\": only t5 models can be used", another);

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
  // transformers 5 writes tie_word_embeddings = true for every T5 and keeps what it meant in
  // scale_decoder_outputs.
  config.tied_head = keys.flag_or("scale_decoder_outputs", keys.flag_or("tie_word_embeddings", true));
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
  config.feed_forward = read_feed_forward(keys);
  return config;
}

nlohmann::ordered_json to_json(const T5Config& c) {
  return {{"d_model", c.d_model},
          {"d_kv", c.d_kv},
          {"d_ff", c.d_ff},
          {"heads", c.heads},
          {"encoder_layers", c.encoder_layers},
          {"decoder_layers", c.decoder_layers},
          {"vocabulary", c.vocabulary},
          {"relative_buckets", c.relative_buckets},
          {"relative_max_distance", c.relative_max_distance},
          {"norm_epsilon", c.norm_epsilon},
          {"gated", c.feed_forward == FeedForward::gated_gelu},
          {"tied_head", c.tied_head},
          {"decoder_start_token", c.decoder_start_token},
          {"pad_token", c.pad_token},
          {"end_token", c.end_token}};
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
  c.feed_forward = j.at("gated").get<bool>() ? FeedForward::gated_gelu : FeedForward::relu;
  c.tied_head = j.at("tied_head");
  c.decoder_start_token = j.at("decoder_start_token");
  c.pad_token = j.at("pad_token");
  c.end_token = j.at("end_token");
  return c;
}

}  // namespace lorasweep
