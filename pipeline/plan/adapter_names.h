// SPDX-License-Identifier: Apache-2.0
// Which adapters a sweep may draw, in which order, and where they lie.
#pragma once

#include "data/core/passed_over.h"
#include "pipeline/config/config.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

struct NamedAdapter {
  std::string name;  ///< as drawn and reported: path below adapters.dir with '/', or org/name of the Hugging Face cache
  std::filesystem::path directory;
};

/// The library in draw order. Names that lead nowhere or appear twice are added to `problems`; where there is no list,
/// what lies below adapters.dir and is not an adapter, or was found before, to `passed_over`.
std::vector<NamedAdapter> name_adapters(const AdaptersConfig& config, std::vector<std::string>& problems,
                                        std::vector<PassedOver>& passed_over);

/// The names in a list file: one a line; blank lines and what follows '#' are left out.
std::vector<std::string> read_name_list(const std::filesystem::path& file);

}  // namespace lorasweep
