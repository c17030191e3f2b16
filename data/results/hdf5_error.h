// SPDX-License-Identifier: Apache-2.0
// What the HDF5 library says when it fails.
#pragma once

#include "data/core/error.h"

#include <string>

namespace lorasweep {

/// Why the last call failed: the operating system's reason where there is one, else the library's innermost words.
/// Holds no addresses, times or descriptors. Forgets the failure. Throws std::bad_alloc where memory had run out.
std::string last_hdf5_error();

/// The same, and whether a read of the file failed for what its disk or its server did.
struct Hdf5Failure {
  std::string words;
  bool is_of_the_disk = false;
};
Hdf5Failure last_hdf5_failure();

/// Whether the last call failed, for calls whose result does not tell.
bool has_hdf5_failed();

/// `status`, or InternalError where it is negative. For calls that touch memory only: files never make them fail.
template <typename Status>
Status in_memory(Status status) {
  if (status < 0) throw InternalError("the HDF5 library failed in memory: " + last_hdf5_error());
  return status;
}

}  // namespace lorasweep
