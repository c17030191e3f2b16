// SPDX-License-Identifier: Apache-2.0
// The tiny trained models that there are goldens of: those kept here, and those of a directory that somebody names.
#pragma once

#include "tests/testing/causal_oracle.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace lorasweep::causal_oracle {

/// LORASWEEP_CAUSAL_ORACLE may name a directory with more families and goldens than are kept here, each laid out alike.
inline std::vector<std::filesystem::path> families() {
  std::vector<std::filesystem::path> all = {golden("qwen2")};
  if (const char* more = std::getenv("LORASWEEP_CAUSAL_ORACLE"))
    for (const char* family : {"llama", "qwen2"}) all.push_back(std::filesystem::path(more) / family);
  return all;
}

inline std::vector<std::filesystem::path> adapters_of(const std::filesystem::path& family) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(family / "adapters")) all.push_back(entry.path());
  std::ranges::sort(all);
  return all;
}

}  // namespace lorasweep::causal_oracle
