// SPDX-License-Identifier: Apache-2.0
// How a dataset of a results file is stored.
#pragma once

#include "data/results/array.h"

#include <optional>

namespace lorasweep {

enum class Compression { none, deflate };

struct DatasetOptions {
  Compression compression = Compression::none;
  std::optional<Array> fill = std::nullopt;  ///< a scalar of the dataset's type: stands for "not known"
};

}  // namespace lorasweep
