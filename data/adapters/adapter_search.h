// SPDX-License-Identifier: Apache-2.0
// Which adapters lie below a directory.
#pragma once

#include "data/core/error.h"
#include "data/core/passed_over.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

/// What is meant as an adapter, and cannot be used as it lies there.
struct UnusableDirectory {
  std::filesystem::path path;  ///< relative to the root
  InputError problem;
};

struct AdapterSearch {
  std::vector<std::filesystem::path> found;  ///< relative to the root, sorted bytewise; each directory once
  std::vector<UnusableDirectory> unusable;   ///< sorted: if they were passed over, seeds would draw other adapters
  std::vector<PassedOver> passed_over;       ///< paths relative to the root, sorted
};

/// Every adapter directory at or below `root` (a directory holding adapter_config.json). Of a repository in a Hugging
/// Face cache its current snapshot counts alone. Passed over and reported are what lies inside an adapter's directory
/// (checkpoints of its training), a second path to a directory that was found, and whatever might be meant as an
/// adapter and is not one. Unusable are a directory of weights without adapter_config.json, and a repository of several
/// snapshots of which nothing says which counts. InputError if `root` is not a directory.
AdapterSearch search_adapters(const std::filesystem::path& root);

}  // namespace lorasweep
