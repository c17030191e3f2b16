// SPDX-License-Identifier: Apache-2.0
// tokenizer.json beside spiece.model: not used, but compared with it, because transformers 5 reads this one.
#pragma once

#include "data/core/known_keys.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <span>
#include <string>

namespace lorasweep {

/// The pieces of spiece.model with the sentinels that follow them.
struct T5Pieces {
  int pieces = 0, extra_ids = 0;
  std::function<std::string(int)> text;  ///< of a piece
  std::function<float(int)> score;       ///< of a piece
  std::string character_map = {};        ///< of spiece.model, its bytes; empty: none
  bool has_bytes = false;                ///< what no piece covers is spelled in bytes, as in mT5's
};

/// What is done with each part of tokenizer.json (docs/formats/tokenizer.md).
std::span<const KnownKey> t5_fast_tokenizer_keys();

/// InputError naming `file` and the part that makes it another tokenizer than `pieces` under the steps of a T5: other
/// pieces or scores, a step that changes texts in another way, no </s> at the end. Missing parts are not
/// checked.
void check_t5_fast_tokenizer(const nlohmann::ordered_json& json, const std::string& file, const T5Pieces& pieces);

}  // namespace lorasweep
