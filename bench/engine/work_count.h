// SPDX-License-Identifier: Apache-2.0
// The arithmetic that evaluations and predictions cannot do without, and the time it takes at the least.
#pragma once

#include "data/model/t5_config.h"

namespace lorasweep::bench {

/// Multiplications and additions of the matrix products and the attention of one example: a source of `source` tokens
/// through the encoder and `target` positions through the decoder and the head, with absorbed cross-attention; greedy
/// decoding of as many tokens does the same. The LoRA bypass (0.3-1.5 % more) and everything elementwise is not
/// counted, so that a share of the peak is never flattered by it.
double example_flop(const T5Config& config, double source, double target);

/// The same of the bypass of one adapter of this rank on every q and v.
double bypass_flop(const T5Config& config, double rank, double source, double target);

}  // namespace lorasweep::bench
