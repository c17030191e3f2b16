// SPDX-License-Identifier: Apache-2.0
// The weights of a model's or an adapter's directory, in one file or in several.
#pragma once

#include "data/formats/weight_file.h"

#include <filesystem>
#include <memory>
#include <string>

namespace lorasweep {

/// Opens the first of these that is there: `<stem>.safetensors`, `<stem>.safetensors.index.json`, `<torch_stem>.bin`,
/// `<torch_stem>.bin.index.json`. For models the stems are "model" and "pytorch_model", for adapters both are
/// "adapter_model". InputError naming file, place and remedy.
std::unique_ptr<WeightFile> open_weights_of_directory(const std::filesystem::path& directory, const std::string& stem,
                                                      const std::string& torch_stem);

}  // namespace lorasweep
