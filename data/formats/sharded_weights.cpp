// SPDX-License-Identifier: Apache-2.0
// Opens every shard that an index names and compares their tables with it.
#include "data/formats/sharded_weights.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/open_weights.h"

#include <fmt/format.h>

namespace lorasweep {
namespace {

constexpr const char* again = "the shards are not of one model: download them again";

}  // namespace

ShardedWeights::ShardedWeights(const std::filesystem::path& index) : index_(index) {
  const std::string where = index.string();
  const auto json = parse_json(read_file(index, std::size_t{64} << 20), where);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw InputError(where + ", key \"weight_map\"", "is missing or not a table",
                     "use the index that was published with the shards");
  std::map<std::string, std::string> expected_in;  // tensor -> shard
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    if (!file.is_string()) throw InputError(where + ", tensor " + tensor, "has no file name");
    const std::string name = file;
    // A name with a path in it could make us read anywhere.
    if (name.empty() || name == "." || name == ".." ||
        name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
      throw InputError(where + ", tensor " + tensor, "lies in \"" + name + "\", which is not a plain file name",
                       "do not use this index");
    expected_in.emplace(tensor, name);
    shards_.try_emplace(name);
  }
  for (auto& [name, shard] : shards_) {
    const std::filesystem::path file = index.parent_path() / name;
    shard = open_weights(file);
    for (const TensorInfo& info : shard->tensors()) {
      const auto expected = expected_in.find(info.name);
      if (expected == expected_in.end() || expected->second != name)
        throw InputError(
            file.string(),
            fmt::format("has the tensor {}, which {} does not place here", info.name, index.filename().string()),
            again);
      tensors_.push_back(info);
      shard_of_.emplace(info.name, shard.get());
    }
  }
  for (const auto& [tensor, name] : expected_in)
    if (!shard_of_.contains(tensor))
      throw InputError((index.parent_path() / name).string(),
                       fmt::format("has no tensor {}, which {} places here", tensor, index.filename().string()), again);
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
