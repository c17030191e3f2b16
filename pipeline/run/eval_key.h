// SPDX-License-Identifier: Apache-2.0
// The identity of an evaluation: a digest of everything that its objective depends on.
#pragma once

#include "pipeline/manifest/manifest.h"

#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// Keys of a run's evaluations. Two evaluations have one key only if base model, tokenizer, adapters in order, shots,
/// objective, composition, numerics and weights are the same, whatever run they belong to.
class EvalKeys {
 public:
  explicit EvalKeys(const Manifest& manifest);
  /// 64 hex digits.
  std::string key(std::size_t search, std::span<const double> weights) const;

 private:
  std::vector<std::string> of_search_;
};

}  // namespace lorasweep
