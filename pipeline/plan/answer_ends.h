// SPDX-License-Identifier: Apache-2.0
// How answers end, as workers are told it, who have no tokenizer.
#pragma once

#include "data/tokenizer/tokenizer.h"
#include "workers/work/answer_ends.h"

#include <string>
#include <vector>

namespace lorasweep {

/// With the tokenizer's end tokens and any of these texts. A special token adds nothing to the text of an answer: a
/// text that is one is that token.
AnswerEnds answer_ends(const Tokenizer& tokenizer, const std::vector<std::string>& stop_texts);

}  // namespace lorasweep
