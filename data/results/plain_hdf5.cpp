// SPDX-License-Identifier: Apache-2.0
// Walks over a file that others may have written, bounded in depth and in the number of objects.
#include "data/results/plain_hdf5.h"

#include "data/core/error.h"

#include <cstddef>

namespace lorasweep {
namespace {

constexpr std::size_t max_objects = 10'000'000;
constexpr int max_depth = 8;

void walk(const Hdf5File& file, const std::string& group, int depth, Hdf5Objects& found) {
  if (depth > max_depth)
    throw InputError(file.path().string() + ": " + group, "has groups nested deeper than those of a results file",
                     "name a results file that lorasweep wrote");
  found.groups.push_back(group);
  const std::string prefix = group == "/" ? "/" : group + "/";
  for (const Hdf5File::Member& member : file.members(group)) {
    const std::string path = prefix + member.name;
    if (found.groups.size() + found.datasets.size() > max_objects)
      throw InputError(file.path().string(), "has more objects than a results file can have",
                       "name a results file that lorasweep wrote");
    if (member.kind == Hdf5File::Kind::group) {
      walk(file, path, depth + 1, found);
    } else {
      file.require_plain_storage(path);
      found.datasets.push_back(path);
    }
  }
}

}  // namespace

Hdf5Objects require_plain_hdf5(const Hdf5File& file) {
  Hdf5Objects found;
  walk(file, "/", 0, found);
  return found;
}

}  // namespace lorasweep
