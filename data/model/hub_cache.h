// SPDX-License-Identifier: Apache-2.0
// Finds what was downloaded before: directories by path, or by name in the Hugging Face cache. Never the
// network.
#pragma once

#include <filesystem>
#include <string>

namespace lorasweep {

/// The directory of a model or an adapter. An existing directory is taken as it is; otherwise "org/name" or
/// "org/name@revision" (branch, tag or commit; "main" where none is given) is looked up in the cache that
/// Hugging Face's own tools would use: $HF_HUB_CACHE, or $HF_HOME/hub, or $XDG_CACHE_HOME/huggingface/hub, or
/// ~/.cache/huggingface/hub (docs/formats/model.md). InputError saying which places were looked at and how to
/// download it.
std::filesystem::path find_model(const std::string& path_or_repository);

}  // namespace lorasweep
