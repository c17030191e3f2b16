// SPDX-License-Identifier: Apache-2.0
// A unigram language model: of all ways to cut a piece into tokens, the most probable.
#pragma once

#include "data/tokenizer/json/token_model.h"

#include <optional>
#include <vector>

namespace lorasweep {

/// As the tokenizers library cuts: by sums of scores in f64, the first best in the order of beginnings; unknown
/// characters beside each other are one token.
class Unigram final : public TokenModel {
 public:
  /// Reads a "model" of type Unigram. InputError naming what is damaged.
  explicit Unigram(const TokenizerPart& part);

  void append(std::string_view piece, TokenIds& ids, std::size_t& steps) const override;

  double score_of(std::int32_t id) const { return scores_[static_cast<std::size_t>(id)]; }

 private:
  void append_known(std::string_view text, TokenIds& ids) const;

  std::vector<double> scores_;
  std::int32_t unknown_ = 0;
  double unknown_score_ = 0;
  std::vector<std::optional<std::int32_t>> bytes_;  // empty: unknown characters are not spelled in bytes
};

}  // namespace lorasweep
