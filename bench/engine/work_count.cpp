// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/work_count.h"

namespace lorasweep::bench {

double example_flop(const T5Config& c, double source, double target) {
  const double d = c.d_model, inner = c.inner(), matrices = c.gated() ? 3 : 2;
  // q, k, v, o and the feed-forward matrices, per row
  const double linear = 2 * (4 * d * inner + matrices * d * c.d_ff);
  // q and o; absorbed k and v; scores and averages
  const double cross = 4 * d * inner + 4 * d * inner + 4 * source * c.heads * d;
  const double encoder = c.encoder_layers * (source * linear + 4 * source * source * inner);
  const double decoder = c.decoder_layers * (target * (linear + cross) + 4 * target * target * inner);
  return encoder + decoder + target * 2 * d * c.vocabulary;
}

double bypass_flop(const T5Config& c, double rank, double source, double target) {
  const double d = c.d_model, inner = c.inner();
  const double site = 2 * rank * (d + inner);                // of a row
  const double absorbed = 2 * rank * (c.heads * d + inner);  // a cross-attention's v: an average a head
  return c.encoder_layers * source * 2 * site + c.decoder_layers * target * (3 * site + absorbed);
}

}  // namespace lorasweep::bench
