// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/read_token_model.h"

#include "data/tokenizer/json/bpe.h"
#include "data/tokenizer/json/unigram.h"

namespace lorasweep {

std::unique_ptr<TokenModel> read_token_model(const TokenizerPart& part) {
  const std::string type = part.type();
  if (type == "BPE") return std::make_unique<Bpe>(part);
  if (type == "Unigram") return std::make_unique<Unigram>(part);
  part.refuse_unknown("is of type \"" + type + "\": only BPE and Unigram are known");
}

}  // namespace lorasweep
