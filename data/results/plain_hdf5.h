// SPDX-License-Identifier: Apache-2.0
// Checks all of an HDF5 file that others may have written, before anything in it is used.
#pragma once

#include "data/results/hdf5_file.h"

#include <string>
#include <vector>

namespace lorasweep {

struct Hdf5Objects {
  std::vector<std::string> groups;  ///< with "/", each before those in it
  std::vector<std::string> datasets;
};

/// All objects of the file by path. InputError for links that are not hard, values that lie outside the file,
/// unknown filters, groups in groups without end, or more objects than a results file can have.
Hdf5Objects require_plain_hdf5(const Hdf5File& file);

}  // namespace lorasweep
