// SPDX-License-Identifier: Apache-2.0
// When a prediction counts as correct: the two rules that results are published under.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lorasweep {

/// LoraHub's rule: equal after strip(), lower() and removal of every "." on both sides, in that order ("yes
/// ." keeps its space).
bool correct_lorahub(std::string_view prediction, std::string_view target);

/// lm-evaluation-harness's exact_match with ignore_case and ignore_punctuation: equal after lower() and
/// removal of Python's string.punctuation (ASCII) on both sides. White space counts: nothing is stripped.
bool correct_lmeval(std::string_view prediction, std::string_view target);

/// Percent of non-zero entries as the reference computes it (divided, then times 100), so that its rounding
/// is the same; NaN for none.
double accuracy(std::span<const std::int8_t> correct);

}  // namespace lorasweep
