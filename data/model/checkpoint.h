// SPDX-License-Identifier: Apache-2.0
// The weights of a model directory under canonical names, checked before any value is read.
#pragma once

#include "data/formats/weight_file.h"
#include "data/model/model_plan.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

/// A model directory whose table was checked: every tensor of the plan is there, under one of its names at least, with
/// its shape, and the same bits under all that it has; and no tensor is left over, except those that the plan knows to
/// be of no use.
class Checkpoint {
 public:
  /// InputError naming file and tensor.
  explicit Checkpoint(const std::filesystem::path& directory);
  Checkpoint(const std::filesystem::path& directory, ModelPlan plan);

  const ModelPlan& plan() const { return plan_; }
  /// InputError for one that holds a NaN or an infinity.
  Tensor read(const std::string& canonical_name) const;
  std::vector<std::filesystem::path> files() const;  ///< config.json and the weight files, for the digest

 private:
  void require_equal(const std::string& first, const std::string& other) const;

  ModelPlan plan_;
  std::filesystem::path directory_;
  std::unique_ptr<WeightFile> weights_;
  std::map<std::string, std::string> name_in_file_;
};

}  // namespace lorasweep
