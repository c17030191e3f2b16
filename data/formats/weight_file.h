// SPDX-License-Identifier: Apache-2.0
// One interface over the files that hold weights: safetensors, torch archives (.bin), and either of them
// sharded with an index.
#pragma once

#include "data/tensor/tensor.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

/// An open weight file. The table was checked in full when it was opened; values are read when asked for.
class WeightFile {
 public:
  virtual ~WeightFile() = default;

  virtual const std::vector<TensorInfo>& tensors() const = 0;
  /// Values as f32 (f16, bf16, f64 are converted). InputError for other element types, or if the file cannot
  /// be read.
  virtual Tensor read(const std::string& name) const = 0;
  /// Values as 64-bit integers (I64 and I32 only); goldens need it.
  virtual std::vector<std::int64_t> read_integers(const std::string& name) const = 0;
  /// The files that it reads, for digests and messages: one, or the index and its shards.
  virtual std::vector<std::filesystem::path> files() const = 0;

  /// nullptr if there is no such tensor.
  const TensorInfo* find(const std::string& name) const;
};

}  // namespace lorasweep
