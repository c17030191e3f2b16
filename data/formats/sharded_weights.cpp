// SPDX-License-Identifier: Apache-2.0
#include "data/formats/sharded_weights.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <fmt/format.h>

namespace lorasweep {

ShardedWeights::ShardedWeights(const std::filesystem::path& index) : index_(index) {
  const std::string where = index.string();
  const auto json = parse_json(read_file(index, std::size_t{64} << 20), where);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw InputError(where + ", key \"weight_map\"", "is missing or not a table", "use the index that was published with the shards");
  std::map<std::string, std::size_t> named;  // tensors that the index expects in each shard
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    if (!file.is_string()) throw InputError(where + ", tensor " + tensor, "has no file name");
    const std::string name = file;
    // A name with a path in it could make us read anywhere.
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
      throw InputError(where + ", tensor " + tensor, "lies in \"" + name + "\", which is not a plain file name", "do not use this index");
    auto& shard = shards_[name];
    if (!shard) shard = open_weights(index.parent_path() / name);
    const TensorInfo* info = shard->find(tensor);
    if (info == nullptr)
      throw InputError((index.parent_path() / name).string(), fmt::format("has no tensor {}, which {} places here", tensor, index.filename().string()),
                       "the shards are not of one model: download them again");
    tensors_.push_back(*info);
    shard_of_.emplace(tensor, shard.get());
    ++named[name];
  }
  for (const auto& [name, shard] : shards_)
    if (shard->tensors().size() != named[name])
      throw InputError((index.parent_path() / name).string(),
                       fmt::format("has {} tensors, {} of them in {}", shard->tensors().size(), named[name], index.filename().string()),
                       "the shards are not of one model: download them again");
}

const WeightFile& ShardedWeights::shard(const std::string& name) const {
  const auto found = shard_of_.find(name);
  if (found == shard_of_.end()) throw InputError(index_.string(), "has no tensor " + name);
  return *found->second;
}

std::vector<std::filesystem::path> ShardedWeights::files() const {
  std::vector<std::filesystem::path> files = {index_};
  for (const auto& [name, shard] : shards_)
    for (const auto& file : shard->files()) files.push_back(file);
  return files;
}

}  // namespace lorasweep
