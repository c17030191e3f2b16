// SPDX-License-Identifier: Apache-2.0
// What makes tokens of a piece of text.
#pragma once

#include "data/tokenizer/json/vocabulary.h"
#include "data/tokenizer/tokenizer.h"

#include <cstddef>
#include <string_view>
#include <utility>

namespace lorasweep {

class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// Appends the tokens of a piece, which is valid UTF-8 of at most 2^30 bytes. `steps` grows by what the time is
  /// proportional to: lookups of bytes, characters and pairs; at most some ten for a byte, whatever the piece is.
  virtual void append(std::string_view piece, TokenIds& ids, std::size_t& steps) const = 0;

  const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  explicit TokenModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

 private:
  Vocabulary vocabulary_;
};

}  // namespace lorasweep
