// SPDX-License-Identifier: Apache-2.0
// Follows links to the file that is really written.
#include "pipeline/collect/output_place.h"

#include "data/core/error.h"

#include <system_error>

namespace lorasweep {

std::filesystem::path output_place(const std::filesystem::path& named) {
  constexpr int most_links = 40;  // the kernel's own limit
  std::filesystem::path place = named;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(place, error); ++links) {
    if (links == most_links)
      throw ConfigError("--out", named.string() + " is a symbolic link that leads back to itself", "name another file");
    place = place.parent_path() / std::filesystem::read_symlink(place, error);  // an absolute target stands for itself
    if (error) throw StorageError(named.string(), "cannot be followed: " + error.message());
  }
  const std::filesystem::file_status status = std::filesystem::status(place, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw ConfigError("--out", named.string() + " exists already and is not a regular file", "name another place");
  return place;
}

}  // namespace lorasweep
