// SPDX-License-Identifier: Apache-2.0
// How much memory of a node a sweep will take on CPU cores, before it runs.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"
#include "pipeline/weights/found_rows.h"
#include "pipeline/weights/weight_table.h"

#include <cstddef>
#include <string>

namespace lorasweep {

struct MemoryNeed {
  std::size_t images = 0;     ///< model and adapter library, one copy a node
  std::size_t worker = 0;     ///< of one worker, its process included
  std::size_t scheduler = 0;  ///< of rank 0, which holds the library's values while it writes the images
  std::size_t of_node(int workers) const { return images + scheduler + worker * workers; }
};

/// Reads the inputs, but for the values of base model and adapters. InputError with the first of their problems,
/// ConfigError as make_plan. `read_found` as in read_inputs().
MemoryNeed memory_need(const RunConfig& config, const ReadFoundRows& read_found = found_rows);

/// The same of inputs that were read already; their values need not be in memory.
MemoryNeed memory_need(const RunConfig& config, const SweepInputs& inputs, const Plan& plan);

/// "6200M": a quarter more than `bytes`, in whole hundreds of MiB.
std::string memory_to_ask_for(std::size_t bytes);

}  // namespace lorasweep
