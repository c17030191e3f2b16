// SPDX-License-Identifier: Apache-2.0
// `lorasweep merge`: adapters merged by a fixed rule to one PEFT adapter.
#pragma once

#include "pipeline/low_rank/static_merge.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

struct MergeRequest {
  std::vector<std::filesystem::path> adapters = {};  ///< directories
  /// One an adapter; none: each at one over their number, or at 1 for ties_svd, which takes means itself.
  std::vector<double> weights = {};
  MergeRule rule = {};  ///< a rank of 0: the greatest of the adapters'
};

/// Writes adapter_config.json and adapter_model.safetensors to `directory`, to be loaded at weight 1. Holds the factors
/// of one linear map of all adapters at a time. ConfigError for weights that do not fit, and
/// if an adapter is there already; InputError naming the file of an
/// adapter that cannot be used, or that belongs to another base model than the first by the size of a map.
void merge_adapters(const MergeRequest& request, const std::filesystem::path& directory);

}  // namespace lorasweep
