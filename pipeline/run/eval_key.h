// SPDX-License-Identifier: Apache-2.0
// The identity of an evaluation: a digest of everything that its objective depends on.
#pragma once

#include "pipeline/manifest/manifest.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace lorasweep {

/// Keys of a run's evaluations. Two evaluations have one key only if base model, tokenizer, adapters in order, shots,
/// objective, composition, numerics and weights are the same, whatever run they belong to.
class EvalKeys {
 public:
  /// The manifest must outlive it.
  explicit EvalKeys(const Manifest& manifest);
  /// 64 hex digits. `adapters`: indices into the manifest's; `weights`: one each, or of each one a place; `of`:
  /// random_adapters, if their twins stand for them.
  std::string key(std::size_t set_of_shots, std::span<const std::int32_t> adapters, std::span<const double> weights,
                  Subject of = Subject::search) const;

 private:
  const Manifest& manifest_;
  std::string shared_;  ///< digest of what all evaluations have in common
};

}  // namespace lorasweep
