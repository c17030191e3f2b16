// SPDX-License-Identifier: Apache-2.0
// Reads an engine's counters and logs what its device refused.
#include "pipeline/run/refusals.h"

#include <spdlog/spdlog.h>

namespace lorasweep {

void warn_of_refusals(const Engine& engine) {
  const auto done = engine.counters();
  if (!done) return;
  if (done->refused_records > 0)
    spdlog::warn("the device would not record {} kinds of work of {}: these run more slowly; engine_bench shows it",
                 done->refused_records, done->refused_records + done->records);
  if (done->refused_products > 0)
    spdlog::warn(
        "the library of products refused {} maps that it had accepted: other kernels compute them, and bits of "
        "losses before and after may differ; use another version of cuBLASLt",
        done->refused_products);
}

}  // namespace lorasweep
