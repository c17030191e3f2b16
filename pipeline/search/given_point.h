// SPDX-License-Identifier: Apache-2.0
// Asks for one point that is known beforehand, and for nothing else.
#pragma once

#include "pipeline/search/optimizer.h"

#include <utility>

namespace lorasweep {

class GivenPoint final : public Optimizer {
 public:
  explicit GivenPoint(Weights point) : point_(std::move(point)) {}

  std::vector<Weights> ask(std::size_t at_most) override {
    if (asked_ || at_most == 0) return {};
    asked_ = true;
    return {point_};
  }
  void tell(std::span<const double>) override {}

 private:
  Weights point_;
  bool asked_ = false;
};

}  // namespace lorasweep
