// SPDX-License-Identifier: Apache-2.0
// Rows are divided among the worker's threads; a row is always computed whole, by one thread.
#pragma once

#include "workers/ops/index.h"

namespace lorasweep {

template <typename Body>
void for_rows(int threads, Index rows, Body body) {
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (Index row = 0; row < rows; ++row) body(row);
}

}  // namespace lorasweep
