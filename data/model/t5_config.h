// SPDX-License-Identifier: Apache-2.0
// The shape of a T5 v1.0, v1.1, FLAN-T5, UL2 or mT5 network, from a Hugging Face config.json.
#pragma once

#include "data/core/known_keys.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <span>

namespace lorasweep {

/// Longest sequence, in tokens: inputs are cut to it, generation ends at it, bias tables reach that far.
inline constexpr int t5_longest_sequence = 2048;

enum class FeedForward { relu, gated_gelu, gated_silu };

struct T5Config {
  int d_model = 0;
  int d_kv = 0;  ///< width of one head; heads * d_kv need not equal d_model
  int d_ff = 0;
  int heads = 0;
  int encoder_layers = 0;
  int decoder_layers = 0;
  int vocabulary = 0;  ///< rows of the embedding; may exceed the tokenizer's
  int relative_buckets = 32;
  int relative_max_distance = 128;
  double norm_epsilon = 1e-6;
  FeedForward feed_forward = FeedForward::gated_gelu;
  bool tied_head = false;      ///< v1.0: lm_head is the embedding, and the decoder's output is scaled by d_model^-0.5
  bool head_unscaled = false;  ///< tied_head without that factor: what transformers 5 makes of v1.1 and mT5
  int decoder_start_token = 0;
  int pad_token = 0;
  int end_token = 1;

  int inner() const { return heads * d_kv; }
  bool gated() const { return feed_forward != FeedForward::relu; }
};

/// Reads `directory`/config.json, of type t5 or mt5, and compares generation_config.json with it. Where config.json
/// leaves it open whether the head is the embedding, the table of the weights decides. InputError for another
/// architecture, an unknown activation, an impossible value, a key that would change the network, naming the key.
T5Config read_t5_config(const std::filesystem::path& directory);

/// What is done with each key of config.json (docs/formats/model.md), but for those of generation_keys().
std::span<const KnownKey> t5_config_keys();

/// What manifests and worker setups carry. Of the first family of this program: it has no "model_type".
nlohmann::ordered_json to_json(const T5Config& config);
/// Throws nlohmann::json::exception for a missing or wrong value.
T5Config t5_config_from_json(const nlohmann::ordered_json& json);

}  // namespace lorasweep
