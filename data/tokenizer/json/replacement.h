// SPDX-License-Identifier: Apache-2.0
// The step that puts one text in the place of another, which normalizers and decoders share.
#pragma once

#include "data/tokenizer/json/part.h"

#include <string>
#include <string_view>

namespace lorasweep {

/// Reads {"pattern": {"String": ...}, "content": ...}. The expression " {2,}", two and more spaces, is known besides
/// texts; any other is refused.
class Replacement {
 public:
  explicit Replacement(const TokenizerPart& part);

  std::string replace(std::string_view text) const;

 private:
  std::string pattern_, content_;
  bool runs_of_spaces_ = false;
};

/// Of a "pattern": its "String", which is not empty.
std::string text_of_pattern(const TokenizerPart& pattern);

}  // namespace lorasweep
