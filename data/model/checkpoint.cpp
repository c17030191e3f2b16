// SPDX-License-Identifier: Apache-2.0
// Compares the tensors of a directory with those that the plan asks for.
#include "data/model/checkpoint.h"

#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"

#include <fmt/format.h>

#include <cstring>
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
  std::vector<std::pair<std::string, std::string>> copies;
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
      if (const auto [first, is_new] = name_in_file_.try_emplace(wanted.name, name); !is_new)
        copies.emplace_back(first->second, name);
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
  for (const auto& [first, other] : copies) require_equal(first, other);
}

// One tensor under two names has the same bits under both; with other bits it would be a tensor of its own.
void Checkpoint::require_equal(const std::string& first, const std::string& other) const {
  const Tensor a = weights_->read(first), b = weights_->read(other);
  if (a.values.size() == b.values.size() &&
      std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0)
    return;
  throw InputError(
      weights_->files().front().string() + ", tensor " + other,
      "differs from " + first + ", but config.json says that they are the same: the results would be another model's",
      "use the config.json that was published with these weights (transformers 5.0.0 wrote "
      "tie_word_embeddings and scale_decoder_outputs = true for models with a head of their own)");
}

Tensor Checkpoint::read(const std::string& canonical_name) const {
  const std::string& name = name_in_file_.at(canonical_name);
  Tensor tensor = weights_->read(name);
  if (!all_finite(tensor.values))
    throw InputError(weights_->files().front().string() + ", tensor " + name,
                     "holds NaN or infinity: every result would be worthless", "download the weights again");
  return tensor;
}

std::vector<std::filesystem::path> Checkpoint::files() const {
  std::vector<std::filesystem::path> files = {directory_ / "config.json"};
  for (const auto& file : weights_->files()) files.push_back(file);
  return files;
}

}  // namespace lorasweep
