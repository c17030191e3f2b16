// SPDX-License-Identifier: Apache-2.0
// The shape of a decoder-only network of Llama's kind (Llama, Mistral, Qwen2, Qwen3), from a Hugging Face config.json
// as transformers 4 or 5 writes it. One forward pass; what differs between these families is a switch here.
#pragma once

#include "data/core/known_keys.h"
#include "data/model/rope_parameters.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// Longest prompt with its completion, in tokens; max_position_embeddings where that is less.
inline constexpr int causal_longest_sequence = 2048;
/// Positions that there are tables for: an answer may follow the longest prompt.
inline constexpr int causal_most_positions = 2 * causal_longest_sequence;

struct CausalConfig {
  std::string model_type;  ///< "llama", "mistral", "qwen2", "qwen3"
  int d_model = 0;
  int d_ff = 0;
  int layers = 0;
  int heads = 0;
  int key_heads = 0;   ///< of keys and values: query head h uses number h * key_heads / heads
  int head_width = 0;  ///< heads * head_width need not equal d_model
  int vocabulary = 0;  ///< rows of the embedding; may exceed the tokenizer's
  int max_positions = 0;
  double norm_epsilon = 1e-6;
  bool tied_head = false;    ///< lm_head is the embedding
  bool input_bias = false;   ///< of q, k, v
  bool output_bias = false;  ///< of o
  bool ff_bias = false;      ///< of gate, up, down
  bool head_norms = false;   ///< queries and keys are normed head by head before they are rotated
  /// A layer's position i sees those above i - window; 0: all before it. One a layer, or none where no layer has one.
  std::vector<int> windows;
  RopeParameters rope;
  std::vector<std::int32_t> end_tokens;  ///< of config.json and generation_config.json: sorted, each once

  int query_width() const { return heads * head_width; }
  int key_width() const { return key_heads * head_width; }
  int window(int layer) const { return windows.empty() ? 0 : windows[layer]; }
  int positions() const { return max_positions < causal_most_positions ? max_positions : causal_most_positions; }
};

/// Reads `directory`/config.json, and end tokens and greedy settings of generation_config.json beside it. InputError
/// naming file and key for another architecture, an impossible value, and a key that would change the network.
CausalConfig read_causal_config(const std::filesystem::path& directory);

/// What is done with each key of config.json (docs/formats/model.md), but for those of generation_keys().
std::span<const KnownKey> causal_config_keys();

/// What manifests and worker setups carry.
nlohmann::ordered_json to_json(const CausalConfig& config);
/// Throws nlohmann::json::exception for a missing or wrong value.
CausalConfig causal_config_from_json(const nlohmann::ordered_json& json);

}  // namespace lorasweep
