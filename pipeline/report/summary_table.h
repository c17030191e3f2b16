// SPDX-License-Identifier: Apache-2.0
// What a sweep found, as a table for people.
#pragma once

#include "data/results/sweep_results.h"

#include <string>

namespace lorasweep {

/// A row per task and one of averages over tasks: accuracy in percent (LoraHub's rule) of the base model without and
/// with shots in its input, and of the found models, mean and best over seeds. What is not known is "-" and left out of
/// means. Ends with a newline.
std::string summary_table(const Summary& summary);

}  // namespace lorasweep
