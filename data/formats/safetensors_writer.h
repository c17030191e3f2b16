// SPDX-License-Identifier: Apache-2.0
// Writes safetensors: f32, one file, always the same bytes for the same tensors.
#pragma once

#include "data/tensor/tensor.h"

#include <filesystem>
#include <map>
#include <string>

namespace lorasweep {

/// Tensors in the order of their names. The file appears whole or not at all; StorageError otherwise.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace lorasweep
