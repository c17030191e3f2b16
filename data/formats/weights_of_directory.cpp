// SPDX-License-Identifier: Apache-2.0
// Looks for the usual names of weight files in a fixed order.
#include "data/formats/weights_of_directory.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/formats/open_weights.h"
#include "data/formats/sharded_weights.h"

#include <fmt/format.h>

#include <system_error>

namespace lorasweep {

std::unique_ptr<WeightFile> open_weights_of_directory(const std::filesystem::path& directory, const std::string& stem,
                                                      const std::string& torch_stem) {
  std::error_code unreadable;  // a file that may not be looked at is reported when it is opened
  if (!std::filesystem::is_directory(directory, unreadable))
    throw InputError(directory.string(), "is not a directory", "check the path");
  for (const std::string& name :
       {stem + ".safetensors", stem + ".safetensors.index.json", torch_stem + ".bin", torch_stem + ".bin.index.json"}) {
    const std::filesystem::path file = directory / name;
    if (!is_there(file)) continue;
    if (name.ends_with(".index.json")) return std::make_unique<ShardedWeights>(file);
    return open_weights(file);
  }
  throw InputError(directory.string(),
                   fmt::format("has neither {0}.safetensors nor {1}.bin (nor an index of shards)", stem, torch_stem),
                   "download the weights into this directory");
}

}  // namespace lorasweep
