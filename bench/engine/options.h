// SPDX-License-Identifier: Apache-2.0
// What the command line asks for.
#pragma once

#include "workers/device/make_ops.h"
#include "workers/ops/element_name.h"

#include <string>
#include <vector>

namespace lorasweep::bench {

struct Options {
  DeviceOptions device;
  std::vector<std::string> sizes = {"small"};
  std::vector<int> members = {1, 4, 16, 27, 64};
  int repetitions = 5;
  int predictions = 0;        ///< examples decoded together; 0: as many as fit, at most 256
  bool compositions = false;  ///< only these: `exact` beside `lorahub`
  bool screen = false;        ///< only this: single adapters beside a search
  bool sweep = false;
  double fraction = 1;  ///< of the sweep or the screen that is done
};

/// std::invalid_argument, with the usage, for what it does not understand.
Options parse_options(int argc, char** argv);

}  // namespace lorasweep::bench
