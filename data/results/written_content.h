// SPDX-License-Identifier: Apache-2.0
// What went into a results file, kept apart from it: by this the file is compared when it is read back, perhaps by
// another process.
#pragma once

#include "data/results/array.h"
#include "data/results/content_digest.h"
#include "data/results/hdf5_file.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorasweep {

class WrittenContent {
 public:
  WrittenContent();

  void add_group(const std::string& path);  ///< and those above it
  /// Attribute "" is the dataset's value.
  void add(const std::string& object, const std::string& attribute, const Array& value);
  void add_scale(const std::string& dataset, const std::string& name);
  void add_tie(const std::string& dataset, unsigned axis, const std::string& scale);

  /// What the file holds differently, as "/object@attribute", or nothing.
  std::string first_difference(const Hdf5File& file) const;

  /// For another process of the same program.
  std::string bytes() const;
  /// InternalError if bytes() did not make them.
  static WrittenContent of_bytes(std::string_view bytes);

 private:
  struct Tie {
    std::string dataset;
    unsigned axis;
    std::string scale;
  };
  ContentDigest everything_{Coverage::everything};
  std::vector<std::pair<std::string, std::string>> scales_;  // path, name
  std::vector<Tie> ties_;
};

}  // namespace lorasweep
