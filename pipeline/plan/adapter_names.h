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

/// An adapter of the library that is there and cannot be used.
struct UnusableAdapter {
  std::string name, reason;  ///< a sentence with file, place and remedy
  bool operator==(const UnusableAdapter&) const = default;
};

struct AdapterNames {
  std::vector<NamedAdapter> adapters;     ///< in draw order
  std::vector<UnusableAdapter> unusable;  ///< known to be so without opening them
  std::vector<PassedOver> passed_over;    ///< where there is no list: what is not an adapter, or was found before
};

/// The library without adapters.exclude. Names that lead nowhere or appear twice, and patterns that no name matches,
/// are added to `problems`.
AdapterNames name_adapters(const AdaptersConfig& config, std::vector<std::string>& problems);

/// The names in a list file: one a line; a byte order mark, blank lines and what follows '#' are left out. InputError
/// for a file of no names, and for one that is written in another notation.
std::vector<std::string> read_name_list(const std::filesystem::path& file);

}  // namespace lorasweep
