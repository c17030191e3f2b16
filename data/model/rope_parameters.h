// SPDX-License-Identifier: Apache-2.0
// Rotary positions: how fast each pair of a head's numbers turns from position to position.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace lorasweep {

enum class RopeKind {
  plain,   ///< "default", and "dynamic", which is the same up to max_position_embeddings, and ends there
  linear,  ///< every frequency divided by `factor`
  llama3,  ///< low frequencies divided by `factor`, high ones kept, those between blended
};

struct RopeParameters {
  RopeKind kind = RopeKind::plain;
  double theta = 10000;
  double factor = 1;
  double low_frequency = 1, high_frequency = 4;  ///< llama3: bounds, in turns over original_positions
  int original_positions = 0;                    ///< llama3: of the model before it was stretched
  bool operator==(const RopeParameters&) const = default;
};

/// Reads "rope_parameters", as transformers 5 writes it, or "rope_theta" and "rope_scaling", as 4 does, of a
/// config.json; where both are there they must say the same. `file` for messages. InputError naming the key for a kind
/// that is not known, a missing or impossible value, and a key that nobody reads.
RopeParameters read_rope_parameters(const nlohmann::ordered_json& config, const std::string& file);

nlohmann::ordered_json to_json(const RopeParameters& rope);
/// Throws nlohmann::json::exception for a missing or wrong value.
RopeParameters rope_from_json(const nlohmann::ordered_json& json);

/// Radians from one position to the next of each of the width / 2 pairs, in f32 and in the order of operations of
/// transformers' modeling_rope_utils: other precisions give other tables, and logits off by more than rounding.
std::vector<float> rope_frequencies(const RopeParameters& rope, int width);

/// [positions, width / 2]: cos, or sin, of the f32 product of position and frequency.
enum class RopeTable { cosine, sine };
std::vector<float> rope_table(const RopeParameters& rope, int width, int positions, RopeTable which);

}  // namespace lorasweep
