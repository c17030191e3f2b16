// SPDX-License-Identifier: Apache-2.0
// Walks the library's error stack for the reason that helps a user.
#include "data/results/hdf5_error.h"

#include "data/core/memory.h"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace lorasweep {
namespace {

// HDF5's drivers say "error message = 'No space left on device', buf = 0x5581...": the part between the quotes.
std::string reason_of_the_system(std::string_view description) {
  constexpr std::string_view before = "error message = '";
  const std::size_t begin = description.find(before);
  if (begin == std::string_view::npos) return "";
  const std::string_view rest = description.substr(begin + before.size());
  return std::string(rest.substr(0, rest.find('\'')));
}

// "file read failed: ..., errno = 5, error message = ...". What the file is (a directory, say) is not the disk's fault.
bool is_failed_read(std::string_view description) {
  constexpr std::string_view before = "errno = ";
  const std::size_t begin = description.find(before);
  if (!description.starts_with("file read failed") || begin == std::string_view::npos) return false;
  int number = 0;
  std::from_chars(description.data() + begin + before.size(), description.data() + description.size(), number);
  constexpr std::array of_the_disk{EIO, ESTALE, ETIMEDOUT, ENXIO, EREMOTEIO, ENODEV};
  return std::ranges::find(of_the_disk, number) != of_the_disk.end();
}

struct Found {
  std::string system, innermost;
  bool is_failed_read = false;
};

herr_t look_at(unsigned depth, const H5E_error2_t* entry, void* out) {
  if (entry->desc == nullptr) return 0;
  auto* found = static_cast<Found*>(out);
  if (depth == 0) found->innermost = entry->desc;
  found->is_failed_read = found->is_failed_read || is_failed_read(entry->desc);
  if (found->system.empty()) found->system = reason_of_the_system(entry->desc);
  return 0;
}

// Details follow the words as "name = value, ...": some are addresses.
std::string without_details(const std::string& description) {
  const std::size_t details = std::min(description.find(" = "), description.find("0x"));
  if (details == std::string::npos) return description;
  const std::size_t end = description.find_last_of(":,(", details);
  return description.substr(0, end == std::string::npos ? 0 : end);
}

}  // namespace

Hdf5Failure last_hdf5_failure() {
  Found found;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, look_at, &found);
  H5Eclear2(H5E_DEFAULT);
  constexpr std::size_t little = std::size_t{16} << 20;
  require_memory(little);  // where there is none left, the file is not to blame
  if (!found.system.empty()) return {found.system, found.is_failed_read};
  const std::string words = without_details(found.innermost);
  return {words.empty() ? "unknown error of the HDF5 library" : words};
}

std::string last_hdf5_error() { return last_hdf5_failure().words; }

bool has_hdf5_failed() { return H5Eget_num(H5E_DEFAULT) > 0; }

}  // namespace lorasweep
