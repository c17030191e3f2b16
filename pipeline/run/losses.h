// SPDX-License-Identifier: Apache-2.0
// What a sweep loses although nothing is wrong with it.
#pragma once

#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/adapter_names.h"
#include "pipeline/plan/plan.h"

#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// A sentence for each task whose inputs are cut, for each whose answers are longer than predict.max_new_tokens, for
/// each adapter that does nothing somewhere, and for each that is the same as an earlier one; empty: nothing is lost.
std::vector<std::string> losses(const Plan& plan, std::span<const Manifest::Adapter> library, const RunConfig& config);

/// A sentence for each adapter that was left out of the library.
std::vector<std::string> skipped_adapters(std::span<const UnusableAdapter> skipped);

}  // namespace lorasweep
