// SPDX-License-Identifier: Apache-2.0
// Holds what a directory has against what the plan asks for.
#include "data/model/checkpoint.h"

#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace lorasweep {

Checkpoint::Checkpoint(const std::filesystem::path& directory)
    : Checkpoint(directory, model_plan(read_model_config(directory))) {}

Checkpoint::Checkpoint(const std::filesystem::path& directory, ModelPlan plan)
    : plan_(std::move(plan)),
      directory_(directory),
      weights_(open_weights_of_directory(directory, "model", "pytorch_model")) {
  const std::string where = weights_->files().front().string();
  std::set<std::string> left;
  for (const TensorInfo& tensor : weights_->tensors()) left.insert(tensor.name);

  for (const StoredTensor& wanted : stored_tensors(plan_)) {
    std::vector<std::string> names = {wanted.name};
    names.insert(names.end(), wanted.aliases.begin(), wanted.aliases.end());
    for (const std::string& name : names) {
      const TensorInfo* found = weights_->find(name);
      if (found == nullptr) continue;
      if (found->shape != wanted.shape)
        throw InputError(where + ", tensor " + name,
                         fmt::format("has shape {}, config.json asks for {}", describe_shape(found->shape),
                                     describe_shape(wanted.shape)),
                         "use the config.json that was published with these weights");
      left.erase(name);
      name_in_file_.try_emplace(wanted.name, name);
    }
    if (!name_in_file_.contains(wanted.name))
      throw InputError(where, "has no tensor " + wanted.name,
                       "use the weights that were published with this config.json, all shards of them");
  }
  for (const std::string& name : plan_.unused_tensors) left.erase(name);
  if (!left.empty())
    throw InputError(
        where + ", tensor " + *left.begin(),
        fmt::format("belongs to no part of this {} ({} such tensors): the results would silently be another model's",
                    plan_.kind, left.size()),
        "use the config.json that was published with these weights");
}

Tensor Checkpoint::read(const std::string& canonical_name) const {
  return weights_->read(name_in_file_.at(canonical_name));
}

std::vector<std::filesystem::path> Checkpoint::files() const {
  std::vector<std::filesystem::path> files = {directory_ / "config.json"};
  for (const auto& file : weights_->files()) files.push_back(file);
  return files;
}

}  // namespace lorasweep
