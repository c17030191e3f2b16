// SPDX-License-Identifier: Apache-2.0
// The bytes of all tokens, where there is something to look for in them.
#include "pipeline/plan/answer_ends.h"

namespace lorasweep {

AnswerEnds answer_ends(const Tokenizer& tokenizer, const std::vector<std::string>& stop_texts) {
  AnswerEnds ends{.tokens = tokenizer.stop_ids(), .texts = {}, .token_bytes = {}};
  for (const std::string& text : stop_texts)
    if (const auto token = tokenizer.special_token(text))
      ends.tokens.push_back(*token);
    else
      ends.texts.push_back(text);
  if (!ends.texts.empty())
    for (std::int32_t id = 0; id < tokenizer.vocabulary(); ++id) ends.token_bytes.push_back(tokenizer.bytes_of(id));
  return ends;
}

}  // namespace lorasweep
