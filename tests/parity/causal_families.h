// SPDX-License-Identifier: Apache-2.0
// The tiny trained models that there are goldens of: the demo's Llama and a Qwen2, and those of a directory that
// somebody names.
#pragma once

#include "tests/testing/causal_oracle.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep::causal_oracle {

/// A base model with its adapters, and what the reference computed with them.
struct Family {
  std::string name;
  std::filesystem::path models;   ///< has base/ and adapters/
  std::filesystem::path numbers;  ///< has adapters_order.json and goldens/

  std::filesystem::path base() const { return models / "base"; }
  std::filesystem::path golden(const std::string& file) const { return numbers / "goldens" / file; }
  bool has(const std::string& file) const { return std::filesystem::exists(golden(file)); }
  /// In the order that the reference draws from.
  std::vector<std::filesystem::path> adapters() const {
    std::vector<std::filesystem::path> all;
    for (const std::string adapter : json_of(numbers / "adapters_order.json"))
      all.push_back(models / "adapters" / adapter);
    return all;
  }
};

inline Family qwen2() { return {"qwen2", golden("qwen2"), golden("qwen2")}; }
inline Family llama() { return {"llama", std::filesystem::path(LORASWEEP_DEMO_DIR) / "causal", golden("llama")}; }

/// LORASWEEP_CAUSAL_ORACLE may name a directory with the same families and more goldens than are kept here.
inline std::vector<Family> families() {
  std::vector<Family> all = {qwen2(), llama()};
  if (const char* more = std::getenv("LORASWEEP_CAUSAL_ORACLE"))
    for (const char* family : {"llama", "qwen2"}) {
      const std::filesystem::path directory = std::filesystem::path(more) / family;
      all.push_back({std::string(family) + " of LORASWEEP_CAUSAL_ORACLE", directory, directory});
    }
  return all;
}

}  // namespace lorasweep::causal_oracle
