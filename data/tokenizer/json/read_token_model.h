// SPDX-License-Identifier: Apache-2.0
// Which models of tokens there are.
#pragma once

#include "data/tokenizer/json/token_model.h"

#include <memory>

namespace lorasweep {

/// The file's "model": BPE or Unigram. InputError for another, and for what is wrong in these.
std::unique_ptr<TokenModel> read_token_model(const TokenizerPart& part);

}  // namespace lorasweep
