// SPDX-License-Identifier: Apache-2.0
// Weights cut into several files, with an index that says which tensor lies where.
#pragma once

#include "data/formats/weight_file.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

class ShardedWeights final : public WeightFile {
 public:
  /// `index`: a "*.index.json". Every shard is opened and must hold what the index says, no more and no less.
  /// InputError.
  explicit ShardedWeights(const std::filesystem::path& index);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  Tensor read(const std::string& name) const override { return shard(name).read(name); }
  std::vector<std::int64_t> read_integers(const std::string& name) const override {
    return shard(name).read_integers(name);
  }
  std::vector<std::filesystem::path> files() const override;

 private:
  const WeightFile& shard(const std::string& name) const;

  std::filesystem::path index_;
  std::map<std::string, std::unique_ptr<WeightFile>> shards_;  ///< by file name
  std::map<std::string, const WeightFile*> shard_of_;          ///< by tensor
  std::vector<TensorInfo> tensors_;
};

}  // namespace lorasweep
