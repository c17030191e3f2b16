// SPDX-License-Identifier: Apache-2.0
// Finds what was downloaded before: directories by path, or by name in the Hugging Face cache. Never uses the
// network.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// Does `directory` lie in a cache as a repository ("models--org--name", with its snapshots)?
bool is_cached_repository(const std::filesystem::path& directory);

/// The snapshots of a repository in a cache. One of them is what the repository is: that of refs/main, or the only one.
struct Snapshots {
  std::optional<std::filesystem::path> current;  ///< none: several, and nothing says which; or there are none
  std::vector<std::filesystem::path> others;     ///< sorted
};
Snapshots snapshots_of(const std::filesystem::path& repository);

/// The directory of a model or an adapter. An existing directory is taken as it is, a cached repository by its current
/// snapshot; otherwise "org/name" or "org/name@revision" (branch, tag or commit; "main" where none is given) is looked
/// up in the cache that Hugging Face's own tools would use: $HF_HUB_CACHE, or $HF_HOME/hub, or
/// $XDG_CACHE_HOME/huggingface/hub, or ~/.cache/huggingface/hub (docs/formats/model.md). InputError saying which places
/// were looked at and how to download it.
std::filesystem::path find_model(const std::string& path_or_repository);

}  // namespace lorasweep
