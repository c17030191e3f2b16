// SPDX-License-Identifier: Apache-2.0
// content_sha256: one digest over everything in a results file that must be the same whenever the sweep is
// the same. Exact definition: docs/formats/results.md; independently computed by
// tools/verify_content_digest.py.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "data/results/array.h"
#include "data/results/hdf5_file.h"

namespace lorasweep {

class ContentDigest {
 public:
  /// Everything covered in the file. Also checks that it is plain (plain_hdf5.h).
  static ContentDigest of_file(const Hdf5File& file);

  /// Parts that are not covered (timings, provenance, ...) are passed over. Attribute "" is the dataset's
  /// value.
  void add(const std::string& object, const std::string& attribute, const Array& value);

  std::string hex() const;
  /// Where the two differ first, as "/object@attribute"; empty if they are the same.
  std::string first_difference(const ContentDigest& other) const;

 private:
  std::map<std::pair<std::string, std::string>, std::string> parts_;  // (object, attribute) to digest
};

/// Whether the part counts. Attributes by which HDF5 links dimension scales never do.
bool is_covered(const std::string& object, const std::string& attribute);

}  // namespace lorasweep
