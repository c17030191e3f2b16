// SPDX-License-Identifier: Apache-2.0
// content_sha256: one digest over everything in a results file that must be the same whenever the sweep is
// the same. Exact definition: docs/formats/results.md; independently computed by
// tools/verify_content_digest.py.
#pragma once

#include "data/results/array.h"
#include "data/results/hdf5_file.h"

#include <map>
#include <string>
#include <utility>

namespace lorasweep {

/// Which parts count. Attributes by which HDF5 links dimension scales never do.
enum class Coverage {
  schema_1_0,  ///< results, and where adapters lay
  schema_1_1,  ///< results only
  schema_1_2,  ///< what results follow from, not what follows from them or from the inputs: composed models, texts
  everything,  ///< timings and provenance, too, and that groups are there: for comparing what was written with what is
               ///< read
};

/// The rule of files with this `schema_version`.
Coverage coverage_of_schema(const std::string& version);

class ContentDigest {
 public:
  explicit ContentDigest(Coverage coverage) : coverage_(coverage) {}
  /// Everything covered in the file. Also checks that it is plain (plain_hdf5.h).
  static ContentDigest of_file(const Hdf5File& file, Coverage coverage);

  /// Parts that are not covered are passed over. Attribute "" is the dataset's value.
  void add(const std::string& object, const std::string& attribute, const Array& value);
  void add_group(const std::string& path);

  /// (object, attribute) to the digest of its value.
  const std::map<std::pair<std::string, std::string>, std::string>& parts() const { return parts_; }
  /// A part whose digest another ContentDigest made, of the same coverage.
  void add_part(std::string object, std::string attribute, std::string digest) {
    parts_[{std::move(object), std::move(attribute)}] = std::move(digest);
  }

  std::string hex() const;
  /// Where the two differ first, as "/object@attribute"; empty if they are the same.
  std::string first_difference(const ContentDigest& other) const;

 private:
  Coverage coverage_;
  std::map<std::pair<std::string, std::string>, std::string> parts_;
};

bool is_covered(Coverage coverage, const std::string& object, const std::string& attribute);

}  // namespace lorasweep
