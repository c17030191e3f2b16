// SPDX-License-Identifier: Apache-2.0
// The inputs of test examples, where the file has them.
#pragma once

#include "data/results/sweep_results.h"

#include <cstddef>
#include <string>
#include <vector>

namespace lorasweep {

class Questions {
 public:
  explicit Questions(const SweepResults& results);

  bool any() const { return any_; }
  /// Empty: not known.
  const std::string& of(std::size_t task, std::size_t example) const;
  /// What the task's file asks to keep with its texts; empty: nothing.
  std::string canary_html(std::size_t task) const;

 private:
  bool any_ = false;
  std::vector<std::vector<std::string>> inputs_;  // [task][example]
  std::vector<std::string> canaries_;             // [task]
};

}  // namespace lorasweep
